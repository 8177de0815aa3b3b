import numpy as np
import pytest

from cortado.kernels import choice, cpu
from cortado.kernels.cpu.lrn_within_channel import LRNWithinChannel

pytest.importorskip("numba")
from cortado.kernels.numba import lrn_within_channel  # noqa: E402


@pytest.mark.parametrize("size", [1, 3, 5, 9])
@pytest.mark.parametrize("shape", [(2, 3, 16, 16), (1, 2, 5, 40), (3, 1, 1, 4)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_kernel_computes_what_numpy_does(rng, size, shape, dtype):
    x, dy = rng.standard_normal((2, *shape)).astype(dtype)
    results = []
    with choice.only("numpy"):
        reference = LRNWithinChannel(shape, size, 2.0, 0.75, dtype)
    for kernel in (reference, lrn_within_channel.LRNWithinChannel(shape, size, 2.0, dtype)):
        y, dx = np.empty_like(x), np.empty_like(x)
        kernel.forward(x, y)
        kernel.backward(x, y, dy, dx)
        results.append((y, dx))
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    for expected, found in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def test_other_powers_and_axes_are_left_to_numpy():
    shape = (2, 2, 256, 256)
    with choice.only("numba"):
        prepare = cpu.prepare_lrn_within_channel
        compiled = lrn_within_channel.LRNWithinChannel
        assert isinstance(prepare(shape, 3, 1.0, 0.75, "float32"), compiled)
        assert isinstance(prepare(shape, 3, 1.0, 0.5, "float32"), LRNWithinChannel)
        assert isinstance(prepare((2, 2, 1 << 16), 3, 1.0, 0.75, "float32"), LRNWithinChannel)
