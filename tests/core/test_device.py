import sys
import types

import pytest

from cortado.core.device import open_device, opening
from cortado.proto import ConfigError


def test_the_cpu_needs_no_device():
    assert open_device("cpu") is None


@pytest.mark.parametrize("device", ["", "cpu:0", "gpu:one", "tpu", "0"])
def test_a_device_that_is_none_is_named(device):
    with pytest.raises(ConfigError, match=f"device: {device!r} is none of "):
        open_device(device)


def test_a_gpu_is_opened_once():
    with opening(lambda ordinal: types.SimpleNamespace(ordinal=ordinal)):
        assert open_device("gpu") is open_device("gpu:0")
        assert open_device("gpu:2").ordinal == 2


def test_without_cupy_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with opening(None), pytest.raises(ConfigError, match=r"pip install 'cortado\[gpu\]'"):
        open_device("gpu")


@pytest.fixture
def cupy(monkeypatch):
    """cupy(count) pretends that cupy is installed; count() tells how many GPUs there are."""

    def install(count):
        runtime = types.SimpleNamespace(CUDARuntimeError=RuntimeError, getDeviceCount=count)
        module = types.ModuleType("cupy")
        monkeypatch.setattr(module, "cuda", types.SimpleNamespace(runtime=runtime), raising=False)
        monkeypatch.setitem(sys.modules, "cupy", module)

    return install


@pytest.mark.parametrize(
    ("problem", "explanation"),
    [
        ("cudaErrorInsufficientDriver: too old", "no NVIDIA driver, or one too old"),
        ("cudaErrorNoDevice: no device", "CUDA_VISIBLE_DEVICES"),
        ("cudaErrorUnknown: hm", "CUDA says cudaErrorUnknown: hm"),
    ],
)
def test_a_driver_that_fails_is_explained(cupy, problem, explanation):
    def fail():
        raise RuntimeError(problem)

    cupy(fail)
    with opening(None), pytest.raises(ConfigError, match=explanation):
        open_device("gpu")


@pytest.mark.parametrize(("count", "found"), [(0, "none"), (2, '"gpu:0", "gpu:1"')])
def test_a_gpu_that_is_not_there_is_named(cupy, count, found):
    cupy(lambda: count)
    with opening(None), pytest.raises(ConfigError, match=f'"gpu:2": there is no .* found {found}'):
        open_device("gpu:2")


class Nothing:
    """Stands for devices, streams and modules: whatever is done with it, nothing happens."""

    def __init__(self, *arguments, **options):
        pass

    def use(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        pass


def test_a_cupy_that_cannot_compile_says_what_brings_the_compiler(cupy, monkeypatch):
    class Module(Nothing):
        def compile(self):
            raise RuntimeError("libnvrtc.so.13 was not found\nin /usr/lib")

    cupy(lambda: 1)
    module = sys.modules["cupy"]
    monkeypatch.setattr(module, "RawModule", Module, raising=False)
    module.cuda.Device = module.cuda.Stream = Nothing
    module.cuda.runtime.getDeviceProperties = lambda ordinal: {"name": b"a device"}
    with opening(None):
        gpu = open_device("gpu")
    message = r"\(a device\): CUDA code cannot be compiled: libnvrtc.so.13 was not found; .*\[gpu\]"
    with pytest.raises(ConfigError, match=message):
        gpu.compile("", ())
