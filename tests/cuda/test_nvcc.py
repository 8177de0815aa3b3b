import pytest
from emulated_gpu import CompileError
from emulated_gpu.nvcc import compile_only, why_missing

pytestmark = pytest.mark.skipif(why_missing() is not None, reason=str(why_missing()))

SOURCE = """#include "value.cuh"
extern "C" __global__ void put(int* y) { y[threadIdx.x] = VALUE * FACTOR; LINE }
"""


@pytest.fixture
def source(tmp_path):
    (tmp_path / "headers").mkdir()
    (tmp_path / "headers" / "value.cuh").write_text("#define VALUE 3\n")
    path = tmp_path / "put.cu"

    def write(line=""):
        path.write_text(SOURCE.replace("LINE", line))
        return path, [tmp_path / "headers"], {"FACTOR": 2}

    return write


def test_a_kernel_compiles_once(source, monkeypatch):
    compile_only(*source())
    monkeypatch.setattr("emulated_gpu.nvcc.FLAGS", ("-fatbin",))
    with pytest.raises(CompileError, match="'compute_1'"):
        compile_only(*source(), architectures=("sm_1",))


@pytest.mark.parametrize(
    ("line", "message"),
    [("undeclared = 1;", 'identifier "undeclared" is undefined'), ("int unused;", "never ref")],
)
def test_errors_and_warnings_are_raised(source, line, message):
    with pytest.raises(CompileError, match=message):
        compile_only(*source(line), architectures=("sm_80",))


def test_local_memory_is_an_error(source):
    line = "int mine[40]; for (int i = 0; i < 40; ++i) mine[y[i] % 40] = i; *y = mine[y[7] % 40];"
    with pytest.raises(CompileError, match="Local memory used for function 'put'"):
        compile_only(*source(line), architectures=("sm_80",))
