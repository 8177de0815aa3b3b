import pytest

from cortado.kernels import cpu, kernels_for
from cortado.proto import ConfigError


def test_the_cpu_has_every_kernel():
    assert kernels_for("cpu") is cpu
    assert all(callable(getattr(cpu, name)) for name in cpu.__all__)


@pytest.mark.parametrize("device", ["gpu", "gpu:1"])
def test_the_gpu_says_what_is_missing(device):
    with pytest.raises(ConfigError, match=f"device '{device}': there are no GPU kernels"):
        kernels_for(device)
