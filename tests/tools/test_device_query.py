import re
import sys
import types
from contextlib import ExitStack
from functools import partial

import pytest

from cortado.core.device import opening
from cortado.kernels.onednn import why_missing
from cortado.kernels.onednn.library import library
from cortado.tools.cli import main


@pytest.fixture
def gpus():
    """gpus(count) pretends that there are so many GPUs."""
    with ExitStack() as opened:

        def card(count, ordinal):
            properties = {
                "name": f"Card {ordinal}".encode(),
                "major": 9,
                "maxThreadsDim": (1024, 1024, 64),
            }
            return types.SimpleNamespace(count=count, properties=properties)

        yield lambda count: opened.enter_context(opening(partial(card, count)))


@pytest.fixture
def no_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)


@pytest.mark.usefixtures("no_cupy")
def test_a_machine_without_gpu(capsys):
    assert main(["device_query"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["CPU", "NumPy", "GPU", "Kernels"]
    assert "cores for this process" in lines[0]
    assert "BLAS " in lines[1]
    assert 'none is usable: device "gpu:0" needs cupy, which is not installed' in lines[2]
    assert 'NumPy on the CPU; device "gpu:0" needs cupy' in lines[3]


@pytest.mark.usefixtures("no_cupy")
@pytest.mark.parametrize(
    ("allowed", "present", "shown"),
    [
        ("", True, r"oneDNN 3\.\d+\.\d+, Numba \d\S+, NumPy on the CPU;"),
        ("", False, r"Numba \d\S+, NumPy \(oneDNN: there is no file /nix, .*\) on the CPU;"),
        ("numpy", True, "NumPy on the CPU;"),
    ],
)
def test_the_libraries_that_compute_are_named(capsys, monkeypatch, allowed, present, shown):
    monkeypatch.setenv("CORTADO_KERNELS", allowed)
    if not present:
        monkeypatch.setenv("DNNL_LIB", "/nix")
        library.cache_clear()
    elif why_missing() and not allowed:
        pytest.skip(str(why_missing()))
    try:
        assert main(["device_query"]) == 0
    finally:
        library.cache_clear()
    assert re.search(f"Kernels  {shown}", capsys.readouterr().out)


@pytest.mark.usefixtures("no_cupy")
@pytest.mark.parametrize("gpu", ["0", "all"])
def test_asking_for_a_gpu_that_is_not_there(capsys, gpu):
    assert main(["device_query", "-gpu", gpu]) == 1
    assert "needs cupy" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("gpu", "shown"), [("", [0, 1, 2]), ("all", [0, 1, 2]), ("2,0", [2, 0]), ("1", [1])]
)
def test_gpus_are_described_in_the_words_of_caffe(gpus, capsys, gpu, shown):
    gpus(3)
    assert main(["device_query", f"-gpu={gpu}"]) == 0
    output = capsys.readouterr()
    assert "GPU      3 found" in output.out
    log = [line.partition("] ")[2] for line in output.err.splitlines()]
    assert log[0] == f"Querying GPUs {gpu}"
    assert log[1:5] == [
        f"Device id:                     {shown[0]}",
        "Major revision number:         9",
        f"Name:                          Card {shown[0]}",
        "Maximum dimension of block:    1024, 1024, 64",
    ]
    ids = [line.split()[-1] for line in log if line.startswith("Device id")]
    assert ids == [str(device) for device in shown]


def test_a_number_that_no_gpu_has(gpus, capsys):
    gpus(2)
    assert main(["device_query", "-gpu=0,2"]) == 1
    assert "-gpu: '2' is none of 0, 1 or all" in capsys.readouterr().err
