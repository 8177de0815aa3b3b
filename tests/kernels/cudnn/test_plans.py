"""Every kind of graph has a plan: asked of cuDNN itself, for devices that need not be there."""

import pytest

from cortado.core import Window
from cortado.kernels import cudnn
from cortado.kernels.cudnn import PlanningError, Tensor, prepare

LIMIT = 1 << 30
last, plain = Tensor.channels_last, Tensor.plain

# dtype and tf32; 16-bit numbers know no TF32.
KINDS = [("float32", True), ("float32", False), ("float16", True), ("bfloat16", True)]
kinds = pytest.mark.parametrize(
    ("dtype", "tf32"), KINDS, ids=["tf32", "float32", "float16", "bfloat16"]
)

# x, filters' K and group, window, of every number of axes.
GEOMETRIES = {
    "3x3": ((4, 64, 14, 14), 64, 1, Window((3, 3), (1, 1), (1, 1), (1, 1))),
    "of an image": ((4, 3, 31, 31), 96, 1, Window((11, 11), (4, 4), (0, 0), (1, 1))),
    "in groups": ((4, 96, 13, 13), 256, 2, Window((5, 5), (1, 1), (2, 2), (1, 1))),
    "depthwise": ((4, 32, 14, 14), 32, 32, Window((3, 3), (2, 2), (1, 1), (1, 1))),
    "pointwise": ((4, 64, 7, 7), 128, 1, Window((1, 1), (1, 1), (0, 0), (1, 1))),
    "dilated": ((4, 32, 14, 14), 32, 1, Window((3, 3), (1, 1), (2, 2), (2, 2))),
    "uneven": ((4, 32, 14, 17), 40, 1, Window((1, 7), (1, 2), (0, 3), (1, 1))),
    "odd channels": ((4, 13, 14, 14), 21, 1, Window((3, 3), (1, 1), (1, 1), (1, 1))),
    "over time": ((4, 32, 50), 64, 1, Window((5,), (2,), (2,), (1,))),
    "over volumes": ((2, 16, 6, 8, 8), 32, 1, Window((3,) * 3, (1,) * 3, (1,) * 3, (1,) * 3)),
}
geometries = pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)


def arrays_of(geometry, dtype, lies=last, filters_lie=last):
    """x, filters, y and the window."""
    shape, count, group, window = geometry
    y_shape = (shape[0], count, *window.output_size(shape[2:]))
    filters = filters_lie((count, shape[1] // group, *window.kernel), dtype)
    return lies(shape, dtype), filters, lies(y_shape, dtype), window


@pytest.fixture
def plan(target):
    def make(recipe, tf32):
        graph = prepare(recipe, target, limit=LIMIT, tf32=tf32)
        assert graph.workspace_size <= LIMIT
        return graph

    return make


def plan_convolution(plan, arrays, tf32, **epilogue):
    x, filters, y, window = arrays
    plan(cudnn.convolution(x, filters, y, window, **epilogue), tf32)
    plan(cudnn.convolution_backward_data(y, filters, x, window), tf32)
    plan(cudnn.convolution_backward_filters(x, y, filters, window), tf32)


@geometries
@kinds
def test_convolution(geometry, dtype, tf32, plan):
    x, filters, y, window = arrays = arrays_of(geometry, dtype)
    plan(cudnn.convolution(x, filters, y, window), tf32)
    plan(cudnn.convolution(x, filters, y, window, bias=dtype), tf32)
    plan_convolution(plan, arrays, tf32, bias=dtype, slope=0.0)


@geometries
@kinds
def test_plain_arrays(geometry, dtype, tf32, plan):
    arrays = arrays_of(geometry, dtype, plain, plain)
    plan_convolution(plan, arrays, tf32, bias=dtype, slope=0.0)


@geometries
@kinds
def test_filters_as_in_a_file(geometry, dtype, tf32, plan):
    plan_convolution(plan, arrays_of(geometry, dtype, last, plain), tf32, bias=dtype)


@kinds
def test_convolution_with_more_in_one(dtype, tf32, plan):
    x, filters, y, window = arrays_of(GEOMETRIES["3x3"], dtype)
    plan(cudnn.convolution(x, filters, y, window, bias=dtype, slope=0.1), tf32)
    plan(cudnn.convolution(x, filters, y, window, bias="float32", slope=0.0), tf32)
    plan(cudnn.convolution(x, filters, y, window, bias=dtype, adds=True, slope=0.0), tf32)


@kinds
def test_filter_gradients_add_up_on_tensor_cores_alone(dtype, tf32, plan):
    x, filters, y, window = arrays_of(GEOMETRIES["3x3"], dtype)
    recipe = cudnn.convolution_backward_filters(x, y, filters, window, adds=True)
    if tf32:
        plan(recipe, tf32)
    else:
        with pytest.raises(PlanningError, match="filter gradient"):
            plan(recipe, tf32)


@kinds
def test_deconvolution(dtype, tf32, plan):
    y, filters, x, window = arrays_of(GEOMETRIES["3x3"], dtype)
    plan(cudnn.deconvolution(x, filters, y, window), tf32)
    plan(cudnn.deconvolution(x, filters, y, window, bias=dtype, slope=0.0), tf32)
    plan(cudnn.deconvolution_backward_data(y, filters, x, window), tf32)
    plan(cudnn.deconvolution_backward_filters(x, y, filters, window), tf32)


@pytest.mark.parametrize("sizes", [(16, 512, 1000), (16, 100, 21)], ids=["wide", "odd"])
@kinds
def test_inner_product(sizes, dtype, tf32, plan):
    rows, inputs, outputs = sizes
    x, y = plain((rows, inputs), dtype), plain((rows, outputs), dtype)
    weights = plain((outputs, inputs), dtype)
    plan(cudnn.inner_product(x, weights, y), tf32)
    plan(cudnn.inner_product(x, weights, y, bias=dtype), tf32)
    plan(cudnn.inner_product(x, weights, y, bias=dtype, slope=0.0), tf32)
    plan(cudnn.inner_product_backward_data(y, weights, x), tf32)
    plan(cudnn.inner_product_backward_weights(x, y, weights), tf32)
    if tf32:
        plan(cudnn.inner_product_backward_weights(x, y, weights, adds=True), tf32)
        plan(cudnn.inner_product_backward_weights(x, y, plain((outputs, inputs))), tf32)


@kinds
def test_transposed_weights(dtype, tf32, plan):
    x, y = plain((16, 64), dtype), plain((16, 128), dtype)
    weights = Tensor((128, 64), (1, 128), dtype)
    plan(cudnn.inner_product(x, weights, y, bias=dtype), tf32)
    plan(cudnn.inner_product_backward_data(y, weights, x), tf32)
    plan(cudnn.inner_product_backward_weights(x, y, weights), tf32)


@kinds
def test_a_float32_sum_of_16_bit_numbers_has_plans_for_some(dtype, tf32, plan, target):
    x, filters, y, window = arrays_of(GEOMETRIES["3x3"], dtype)
    recipe = cudnn.convolution_backward_filters(x, y, last(filters.shape), window)
    if dtype == "float32" or "H100" in target.name:
        plan(recipe, tf32)
    else:
        with pytest.raises(PlanningError, match="filter gradient"):
            plan(recipe, tf32)


def test_a_name_finds_the_same_plan_again(plan, target):
    x, filters, y, window = arrays_of(GEOMETRIES["3x3"], "float16")
    recipe = cudnn.convolution_backward_filters(x, y, filters, window)
    first = plan(recipe, True)
    again = cudnn.Graph(recipe, target, first.plan, tf32=True, limit=LIMIT)
    assert (again.plan, again.workspace_size) == (first.plan, first.workspace_size)


def test_shapes_that_do_not_fit_are_declined(plan):
    x, filters, _, window = arrays_of(GEOMETRIES["3x3"], "float32")
    with pytest.raises(PlanningError, match="gathering"):
        plan(cudnn.convolution(x, filters, last((4, 64, 99, 99)), window), True)
