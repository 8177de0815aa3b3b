"""Convolution and deconvolution, whose arguments are the same, in every layout."""

import numpy as np
import pytest

from cortado.core import Window
from cortado.kernels import cpu
from cortado.kernels.onednn import PlanningError
from cortado.kernels.onednn.attributes import AddToResult, Apply, Attributes
from cortado.kernels.onednn.descriptors import Descriptor
from cortado.kernels.onednn.enumerators import Argument, Eltwise
from cortado.kernels.onednn.operations.convolution import convolution, deconvolution

# (x_shape, num_output, kernel, stride, pad, dilation, group)
GEOMETRIES = {
    "plain": ((2, 3, 7, 6), 4, (3, 3), (1, 1), (0, 0), (1, 1), 1),
    "stride and pad": ((2, 17, 7, 6), 33, (3, 3), (2, 2), (1, 1), (1, 1), 1),
    "many channels": ((1, 64, 9, 9), 32, (5, 5), (1, 1), (2, 2), (1, 1), 1),
    "rectangular, dilated": ((1, 16, 7, 9), 16, (3, 2), (1, 2), (0, 1), (2, 3), 1),
    "grouped": ((2, 32, 5, 5), 64, (3, 3), (1, 1), (1, 1), (1, 1), 2),
    "depthwise": ((2, 20, 5, 6), 20, (3, 3), (2, 2), (1, 1), (1, 1), 20),
    "pointwise": ((2, 19, 4, 5), 21, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    "time": ((2, 8, 9), 16, (3,), (2,), (1,), (1,), 1),
    "volume": ((1, 16, 4, 5, 3), 3, (2, 3, 2), (1, 2, 1), (1, 0, 1), (1, 1, 1), 1),
}


@pytest.fixture(params=GEOMETRIES.values(), ids=GEOMETRIES.keys())
def geometry(request):
    x_shape, num_output, *window, group = request.param
    return x_shape, num_output, Window(*window), group


class Case:
    """Arrays for one geometry; y and the gradients as the reference kernels compute them."""

    def __init__(self, rng, transposed, x_shape, num_output, window, group):
        self.window, self.operation = window, deconvolution if transposed else convolution
        size, per_group = x_shape[2:], x_shape[1] // group
        out = window.transposed_size(size) if transposed else window.output_size(size)
        prepare = cpu.prepare_deconvolution if transposed else cpu.prepare_convolution
        kernel = prepare(x_shape, num_output, window, group, "float64")

        self.x = rng.standard_normal(x_shape)
        self.dy = rng.standard_normal((x_shape[0], num_output, *out))
        self.bias = rng.standard_normal(num_output)
        filters = rng.standard_normal((group, num_output // group, per_group, *window.kernel))
        # Caffe's filters of a deconvolution have the axis of x first.
        in_file = filters.swapaxes(1, 2) if transposed else filters
        in_file = np.ascontiguousarray(in_file).reshape(-1, *in_file.shape[2:])
        self.filters = filters if group > 1 else filters[0]

        self.y, self.dx = np.empty_like(self.dy), np.empty_like(self.x)
        dfilters, self.dbias = np.zeros_like(in_file), np.zeros(num_output)
        kernel.forward(self.x, in_file, self.bias, self.y)
        kernel.backward_data(self.dy, in_file, self.dx)
        kernel.backward_filters(self.x, self.dy, dfilters)
        kernel.backward_bias(self.dy, self.dbias)
        if transposed:
            dfilters = dfilters.reshape(group, per_group, -1, *window.kernel).swapaxes(1, 2)
        self.dfilters = dfilters.reshape(self.filters.shape)

    def forward(self, layout, **options):
        filters = Descriptor.unspecified(self.filters.shape)
        bias = Descriptor.plain(self.bias.shape)
        arrays = layout(self.x.shape), filters, bias, layout(self.y.shape)
        return self.operation.forward(*arrays, self.window, **options)

    @property
    def inputs(self):
        return {Argument.X: self.x, Argument.FILTERS: self.filters, Argument.BIAS: self.bias}


@pytest.fixture(params=[False, True], ids=["convolution", "deconvolution"])
def case(request, rng, geometry):
    return Case(rng, request.param, *geometry)


def assert_close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("training", [True, False])
def test_forward(case, layout, compute, training):
    results, _ = compute(case.forward(layout, training=training), case.inputs)
    assert_close(results[Argument.Y], case.y)


def test_relu_and_residual_sum_inside(case, layout, compute):
    attributes = Attributes([AddToResult(), Apply(Eltwise.RELU)])
    operation = case.forward(layout, training=False, attributes=attributes)
    results, _ = compute(operation, case.inputs, before={Argument.Y: case.dy})
    assert_close(results[Argument.Y], np.maximum(case.dy + case.y, 0))


def test_backward_data(case, layout, compute):
    filters = Descriptor.unspecified(case.filters.shape)
    arrays = layout(case.dx.shape), filters, layout(case.dy.shape)
    operation = case.operation.backward_data(*arrays, case.window, case.forward(layout))
    results, _ = compute(operation, {Argument.DY: case.dy, Argument.FILTERS: case.filters})
    assert_close(results[Argument.DX], case.dx)


def test_backward_filters(case, layout, compute):
    filters, bias = Descriptor.unspecified(case.filters.shape), Descriptor.plain(case.bias.shape)
    arrays = layout(case.x.shape), filters, bias, layout(case.dy.shape)
    operation = case.operation.backward_filters(*arrays, case.window, case.forward(layout))
    results, _ = compute(operation, {Argument.X: case.x, Argument.DY: case.dy})
    assert_close(results[Argument.DFILTERS], case.dfilters)
    assert_close(results[Argument.DBIAS], case.dbias)


def test_windows_slide_along_one_to_three_axes():
    arrays = [Descriptor.plain((2, 3)), Descriptor.plain((4, 3)), None, Descriptor.plain((2, 4))]
    with pytest.raises(PlanningError, match="along 1 to 3 axes, not 0"):
        convolution.forward(*arrays, Window((), (), (), ()))
