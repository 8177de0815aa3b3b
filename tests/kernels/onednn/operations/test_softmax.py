import numpy as np
import pytest

from cortado.kernels.onednn.descriptors import Descriptor
from cortado.kernels.onednn.enumerators import Argument, Softmax
from cortado.kernels.onednn.operations import softmax


@pytest.mark.parametrize(("shape", "axis"), [((3, 10), 1), ((2, 1000), 1), ((2, 21, 5, 4), 1)])
@pytest.mark.parametrize("method", list(Softmax))
def test_both_passes(rng, compute, shape, axis, method):
    x, dy = 5 * rng.standard_normal(shape) + 90, rng.standard_normal(shape)
    e = np.exp(x - x.max(axis, keepdims=True))
    probability = e / e.sum(axis, keepdims=True)
    if method == Softmax.SOFTMAX:
        y = probability
        dx = y * (dy - (y * dy).sum(axis, keepdims=True))
    else:
        y = np.log(probability)
        dx = dy - probability * dy.sum(axis, keepdims=True)

    layout = Descriptor.plain if len(shape) == 2 else Descriptor.channels_last
    array = layout(shape)
    forward = softmax.forward(method, array, array, axis)
    results, _ = compute(forward, {Argument.X: x})
    np.testing.assert_allclose(results[Argument.Y], y, rtol=1e-4, atol=1e-5)
    backward = softmax.backward(method, array, array, array, axis, forward)
    results, _ = compute(backward, {Argument.Y: y, Argument.DY: dy})
    np.testing.assert_allclose(results[Argument.DX], dx, rtol=1e-4, atol=1e-5)
