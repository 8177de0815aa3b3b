import numpy as np
import pytest

from cortado.core.device import array_module
from cortado.proto import ConfigError


def test_the_cpu_computes_with_numpy():
    assert array_module("cpu") is np


@pytest.mark.parametrize("device", ["", "cpu:0", "gpu:one", "tpu", "0"])
def test_a_device_that_is_none_is_named(device):
    with pytest.raises(ConfigError, match=f"device: {device!r} is none of "):
        array_module(device)
