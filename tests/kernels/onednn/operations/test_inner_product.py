import numpy as np
import pytest

from cortado.kernels.onednn.attributes import Apply, Attributes
from cortado.kernels.onednn.descriptors import Descriptor
from cortado.kernels.onednn.enumerators import Argument, Eltwise
from cortado.kernels.onednn.operations import inner_product

SHAPES = [((5, 7), 3), ((2, 64), 48), ((3, 17, 4, 5), 10), ((1, 6, 2, 3, 2), 33)]


@pytest.fixture(params=SHAPES, ids=str)
def arrays(request, rng):
    x_shape, num_output = request.param
    x = rng.standard_normal(x_shape)
    filters = rng.standard_normal((num_output, *x_shape[1:]))
    return x, filters, rng.standard_normal(num_output), rng.standard_normal((len(x), num_output))


def forward(layout, x, filters, bias, dy, **options):
    descriptors = [layout(x.shape), Descriptor.unspecified(filters.shape)]
    results = [Descriptor.plain(bias.shape), Descriptor.plain(dy.shape)]
    return inner_product.forward(*descriptors, *results, **options)


def assert_close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_forward_with_relu(arrays, layout, compute):
    x, filters, bias, _ = arrays
    inputs = {Argument.X: x, Argument.FILTERS: filters, Argument.BIAS: bias}
    expected = x.reshape(len(x), -1) @ filters.reshape(len(filters), -1).T + bias
    results, _ = compute(forward(layout, *arrays), inputs)
    assert_close(results[Argument.Y], expected)
    relu = Attributes([Apply(Eltwise.RELU)])
    results, _ = compute(forward(layout, *arrays, training=False, attributes=relu), inputs)
    assert_close(results[Argument.Y], np.maximum(expected, 0))


def test_backward_data(arrays, layout, compute):
    x, filters, _, dy = arrays
    operation = inner_product.backward_data(
        layout(x.shape),
        Descriptor.unspecified(filters.shape),
        Descriptor.plain(dy.shape),
        forward(layout, *arrays),
    )
    results, _ = compute(operation, {Argument.DY: dy, Argument.FILTERS: filters})
    expected = (dy @ filters.reshape(len(filters), -1)).reshape(x.shape)
    assert_close(results[Argument.DX], expected)


def test_backward_filters(arrays, layout, compute):
    x, filters, bias, dy = arrays
    operation = inner_product.backward_filters(
        layout(x.shape),
        Descriptor.unspecified(filters.shape),
        Descriptor.plain(bias.shape),
        Descriptor.plain(dy.shape),
        forward(layout, *arrays),
    )
    results, _ = compute(operation, {Argument.X: x, Argument.DY: dy})
    expected = (dy.T @ x.reshape(len(x), -1)).reshape(filters.shape)
    assert_close(results[Argument.DFILTERS], expected)
    assert_close(results[Argument.DBIAS], dy.sum(axis=0))
