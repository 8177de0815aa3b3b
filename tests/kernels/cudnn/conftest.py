import ctypes
import shutil
import subprocess
import sys
from enum import Enum
from pathlib import Path
from types import SimpleNamespace

import pytest

from cortado.kernels import cudnn
from cortado.kernels.cudnn.library import frontend

# What cuDNN 9 wants to know of a device, as cudnn.create_device_properties(0).serialize() says it.
H100 = {
    "deviceName": "NVIDIA H100 80GB HBM3",
    "deviceVer": 900,
    "driverVer": 13000,
    "cudaDeviceId": 0,
    "pciDeviceId": 0,
    "isTccDriver": 0,
    "supportCoopLaunch": 1,
    "multiProcessorCount": 132,
    "warpSize": 32,
    "maxGridSize": [2147483647, 65535, 65535],
    "maxBlockSize": [1024, 1024, 64],
    "maxCtasPerSM": 32,
    "maxThreadsPerBlock": 1024,
    "maxThreadsPerSM": 2048,
    "regsPerBlock": 65536,
    "maxRegistersPerSM": 65536,
    "maxSharedMemoryPerBlock": 49152,
    "maxSharedMemoryPerBlockOptin": 232448,
    "reservedSharedMemoryPerBlock": 1024,
    "oversizedSharedMemoryPerBlock": 0,
    "smClockRateKHz": 1980000,
    "memClockRateKHz": 2619000,
    "memoryBusWidth": 5120,
    "l2CacheSize": 52428800,
    "totalGlobalMem": 84 * 10**9,
}
A100 = H100 | {
    "deviceName": "NVIDIA A100-SXM4-40GB",
    "deviceVer": 800,
    "multiProcessorCount": 108,
    "maxSharedMemoryPerBlockOptin": 166912,
    "smClockRateKHz": 1410000,
    "memClockRateKHz": 1215000,
    "l2CacheSize": 41943040,
    "totalGlobalMem": 42 * 10**9,
}


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    """libcuda.so.1, which cuDNN is linked to: the one there is, or one without a device."""
    if reason := cudnn.why_missing():
        pytest.skip(reason)
    try:
        return ctypes.CDLL("libcuda.so.1")
    except OSError:
        pass
    if not (compiler := shutil.which("cc")):
        pytest.skip("neither a CUDA driver nor a C compiler to make a stand-in for one")
    path = tmp_path_factory.mktemp("driver") / "libcuda.so.1"
    source = Path(__file__).parent / "driver_stub.c"
    soname = "-Wl,-soname,libcuda.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", path, source, soname], check=True)
    # Whoever asks for this name from now on gets this one.
    return ctypes.CDLL(str(path), ctypes.RTLD_GLOBAL)


@pytest.fixture(params=[A100, H100], ids=["sm_80", "sm_90"])
def target(request, driver):
    return cudnn.Target.described(request.param)


class FakeTensor:
    def __init__(self, uid):
        self.uid, self.is_output = uid, False

    def get_uid(self):
        return self.uid

    def set_output(self, value):
        self.is_output = value
        return self

    def _set(self, value):
        return self

    set_data_type = set_dim = set_stride = set_name = _set


class FakeGraph:
    """Three plans and one of the frontend's own; `ran` lists what execute() was given."""

    plans = {"eng1": 0, "eng2": 100, "eng3_k2=1": 10, "gemm_frost": 0}
    broken: set[str] = set()
    ran: list = []

    def __init__(self, **options):
        self.uids, self.built, self.unwanted = 0, None, None
        self.options = options

    def tensor(self, **options):
        self.uids += 1
        return FakeTensor(self.uids)

    def conv_fprop(self, **options):
        return self.tensor()

    def _pass(self, *arguments):
        pass

    validate = build_operation_graph = create_execution_plans = _pass

    def deselect_numeric_notes(self, notes):
        self.unwanted = notes

    def get_execution_plan_count(self):
        return len(self.plans)

    def get_plan_name_at_index(self, index):
        return list(self.plans)[index]

    def build_plan_at_index(self, index):
        name = self.get_plan_name_at_index(index)
        if name in self.broken:
            raise RuntimeError(f"{name} cannot be built")
        self.built = name

    def get_workspace_size_plan_at_index(self, index):
        return self.plans[self.get_plan_name_at_index(index)]

    def execute(self, pack, workspace, handle):
        self.ran.append((self.built, pack, workspace, handle))


@pytest.fixture
def fake(monkeypatch):
    """A stand-in for the module cudnn, with FakeGraph; not one call of cuDNN is in it."""
    notes = ["NONDETERMINISTIC", "REDUCED_PRECISION_REDUCTION", "TENSOR_CORE"]
    note = Enum("note", [*notes, "DOWN_CONVERT_INPUTS"])
    graph = type("Graph", (FakeGraph,), {"broken": set(), "ran": []})
    module = SimpleNamespace(
        __version__="1.27.0",
        backend_version=lambda: 92801,
        pygraph=graph,
        data_type=Enum("data_type", ["FLOAT", "HALF", "BFLOAT16"]),
        heur_mode=Enum("heur_mode", ["A", "FALLBACK"]),
        numerical_note=note,
        cudnnGraphNotSupportedError=type("NotSupported", (Exception,), {}),
    )
    monkeypatch.setitem(sys.modules, "cudnn", module)
    frontend.cache_clear()
    yield module
    frontend.cache_clear()
