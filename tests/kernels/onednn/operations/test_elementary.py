"""Operations without a backward pass of their own: reorder, concat, sum, binary, matmul."""

import numpy as np
import pytest

from cortado.core import Window
from cortado.kernels.onednn import OneDNNError
from cortado.kernels.onednn.attributes import AddToResult, Attributes
from cortado.kernels.onednn.descriptors import Descriptor
from cortado.kernels.onednn.enumerators import Argument, Binary
from cortado.kernels.onednn.operations import binary, concat, matmul, reorder, sum
from cortado.kernels.onednn.operations.convolution import convolution

PLAIN = Descriptor.plain


def blocked(shape):
    """The layout that a convolution chooses for arrays of this shape."""
    n, c, *size = shape
    window = Window((3, 3), (1, 1), (1, 1), (1, 1))
    array, filters = Descriptor.unspecified(shape), Descriptor.unspecified((c, c, 3, 3))
    return convolution.forward(array, filters, None, array, window).arguments()[Argument.Y]


LAYOUTS = {"plain": PLAIN, "channels last": Descriptor.channels_last, "blocked": blocked}


@pytest.fixture(params=LAYOUTS.values(), ids=LAYOUTS.keys())
def known_layout(request):
    return request.param


@pytest.mark.parametrize("shape", [(2, 3, 5, 4), (2, 33, 4, 4), (1, 64, 7, 6)], ids=str)
@pytest.mark.parametrize("adds", [False, True])
def test_reorder(rng, known_layout, compute, shape, adds):
    x, y = rng.standard_normal((2, *shape)).astype("f")
    attributes = Attributes([AddToResult()] if adds else [])
    operation = reorder.forward(PLAIN(shape), known_layout(shape), attributes)
    results, _ = compute(operation, {Argument.X: x}, before={Argument.Y: y})
    np.testing.assert_array_equal(results[Argument.Y], x + y if adds else x)


def test_concat(rng, known_layout, compute):
    xs = [rng.standard_normal((2, c, 4, 3)).astype("f") for c in (16, 32, 16)]
    y = known_layout((2, 64, 4, 3))
    operation = concat.forward([known_layout(x.shape) for x in xs], y, 1)
    inputs = {Argument.MANY_X + i: x for i, x in enumerate(xs)}
    results, _ = compute(operation, inputs)
    np.testing.assert_array_equal(results[Argument.Y], np.concatenate(xs, axis=1))


def test_sum(rng, known_layout, compute):
    xs = rng.standard_normal((3, 2, 32, 4, 3)).astype("f")
    array = known_layout(xs.shape[1:])
    operation = sum.forward([array] * 3, array, [1, -2, 0.5])
    results, _ = compute(operation, {Argument.MANY_X + i: x for i, x in enumerate(xs)})
    expected = xs[0] - 2 * xs[1] + 0.5 * xs[2]
    np.testing.assert_allclose(results[Argument.Y], expected, rtol=1e-5, atol=1e-6)


def test_sum_needs_a_weight_for_each():
    with pytest.raises(OneDNNError, match="1 weights for 2 inputs"):
        sum.forward([PLAIN((2, 3))] * 2, PLAIN((2, 3)), [1])


FUNCTIONS = {
    Binary.ADD: np.add,
    Binary.MULTIPLY: np.multiply,
    Binary.MAX: np.maximum,
    Binary.MIN: np.minimum,
    Binary.DIVIDE: np.divide,
    Binary.SUBTRACT: np.subtract,
}


@pytest.mark.parametrize("function", list(Binary))
def test_binary(rng, known_layout, compute, function):
    x, other = rng.uniform(1, 2, (2, 2, 32, 4, 3)).astype("f")
    array = known_layout(x.shape)
    operation = binary.forward(function, array, array, array)
    results, _ = compute(operation, {Argument.X: x, Argument.X_1: other})
    np.testing.assert_allclose(results[Argument.Y], FUNCTIONS[function](x, other), rtol=1e-6)


@pytest.mark.parametrize("layout", [PLAIN, Descriptor.channels_last])
@pytest.mark.parametrize("other_shape", [(1, 17, 1, 1), (1, 1, 1, 1)], ids=str)
def test_binary_with_axes_of_length_one(rng, layout, compute, other_shape):
    x, other = rng.standard_normal((2, 17, 4, 3)).astype("f"), rng.uniform(1, 2, other_shape)
    array = layout(x.shape)
    operation = binary.forward(Binary.MULTIPLY, array, PLAIN(other_shape), array)
    results, _ = compute(operation, {Argument.X: x, Argument.X_1: other})
    np.testing.assert_allclose(results[Argument.Y], x * other, rtol=1e-6)


@pytest.mark.parametrize("batch", [(), (5,)])
def test_matmul(rng, compute, batch):
    x = rng.standard_normal((*batch, 7, 20))
    filters = rng.standard_normal((*batch, 20, 33))
    bias = rng.standard_normal((*(1 for _ in batch), 1, 33))
    arrays = PLAIN(x.shape), Descriptor.unspecified(filters.shape), PLAIN(bias.shape)
    operation = matmul.forward(*arrays, PLAIN((*batch, 7, 33)))
    inputs = {Argument.X: x, Argument.FILTERS: filters, Argument.BIAS: bias}
    results, _ = compute(operation, inputs)
    np.testing.assert_allclose(results[Argument.Y], x @ filters + bias, rtol=1e-4, atol=1e-5)
