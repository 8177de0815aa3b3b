import numpy as np
import pytest

from cortado.kernels import cpu
from cortado.kernels.onednn import PlanningError
from cortado.kernels.onednn.descriptors import Descriptor
from cortado.kernels.onednn.enumerators import Argument
from cortado.kernels.onednn.operations import lrn


@pytest.mark.parametrize("channels", [1, 6, 16, 17, 48, 70])
@pytest.mark.parametrize("local_size", [3, 5])
def test_both_passes(rng, compute, channels, local_size):
    response = lrn.Response(local_size, 0.3, 0.75, 2.0)
    x, dy = rng.standard_normal((2, 2, channels, 5, 4))
    y, dx = np.empty_like(x), np.empty_like(x)
    reference = cpu.prepare_lrn_across_channels(x.shape, *response, "float64")
    reference.forward(x, y)
    reference.backward(x, y, dy, dx)

    last = Descriptor.channels_last(x.shape)
    forward = lrn.forward(last, last, response)
    results, memories = compute(forward, {Argument.X: x})
    np.testing.assert_allclose(results[Argument.Y], y, rtol=1e-5, atol=1e-6)
    backward = lrn.backward(last, last, last, response, forward)
    kept = {a: m for a, m in memories.items() if a in (Argument.X, Argument.WORKSPACE)}
    results, _ = compute(backward, {Argument.DY: dy}, kept)
    np.testing.assert_allclose(results[Argument.DX], dx, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("local_size", [1, 7, 9])
def test_sizes_that_the_library_gets_wrong_are_declined(local_size):
    last = Descriptor.channels_last((2, 20, 4, 4))
    with pytest.raises(PlanningError, match=f"local_size 3 or 5, got {local_size}"):
        lrn.forward(last, last, lrn.Response(local_size, 1.0, 0.75, 1.0))


def test_other_powers_are_declined():
    last = Descriptor.channels_last((2, 16, 4, 4))
    with pytest.raises(PlanningError, match="lrn_forward has only the reference implementation"):
        lrn.forward(last, last, lrn.Response(5, 1.0, 0.5, 1.0))
