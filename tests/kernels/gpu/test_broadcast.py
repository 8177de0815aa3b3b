import pytest
from gpu_parity import check_parity

from cortado.core import Blob
from cortado.kernels.gpu import Axpy, Context, Wants

SHAPE = (2, 3, 4, 5)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("bias", ["", "bias_term: true"])
@pytest.mark.parametrize(
    "axes",
    ["", "axis: 0", "axis: 0 num_axes: 2", "num_axes: 0", "num_axes: -1", "axis: 0 num_axes: -1"],
)
def test_learned_scales(gpu, axes, bias, in_place):
    layer = f'type: "Scale" scale_param {{ {axes} {bias} }}'
    check_parity(gpu, layer, SHAPE, in_place=in_place)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize(
    ("axis", "operand"),
    [(0, (2,)), (0, (2, 3)), (1, (3,)), (1, (3, 4)), (2, (4, 5)), (-1, (5,)), (0, SHAPE), (0, ())],
)
@pytest.mark.parametrize("layer", ["Scale", "Bias"])
def test_scales_and_biases_from_another_bottom(gpu, layer, axis, operand, in_place):
    field = layer.lower()
    prototxt = f'type: "{layer}" {field}_param {{ axis: {axis} }}'
    check_parity(gpu, prototxt, SHAPE, operand, in_place=in_place)


def test_a_scale_from_another_bottom_and_a_learned_bias(gpu):
    check_parity(gpu, 'type: "Scale" scale_param { axis: 0 bias_term: true }', SHAPE, (2, 3))


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("axes", ["", "axis: 0", "num_axes: 0", "num_axes: -1"])
def test_learned_biases(gpu, axes, in_place):
    check_parity(gpu, f'type: "Bias" bias_param {{ {axes} }}', SHAPE, in_place=in_place)


@pytest.mark.parametrize("shape", [(4, 6), (2, 3, 7), (2, 3, 2, 3, 2), (0, 3, 2), (2, 3, 0)])
def test_shapes_of_other_numbers_of_axes(gpu, shape):
    check_parity(gpu, 'type: "Scale" scale_param { bias_term: true }', shape)
    check_parity(gpu, 'type: "Bias"', shape, in_place=True)
    check_parity(gpu, 'type: "PReLU"', shape, in_place=True)
    check_parity(gpu, 'type: "Axpy"', shape[:2], shape, shape)
    check_parity(gpu, 'type: "ChannelScale"', shape, (shape[0], 1, *shape[2:]))


@pytest.mark.parametrize("gradient", [[], [0], [1]])
def test_gradients_that_nobody_wants_are_left_out(gpu, gradient):
    layer = 'type: "Scale" scale_param { axis: 0 }'
    check_parity(gpu, layer, SHAPE, (2, 3), no_gradient=gradient, in_place=True)
    check_parity(gpu, 'type: "Bias" bias_param { axis: 0 }', SHAPE, (2,), no_gradient=gradient)
    check_parity(gpu, 'type: "Axpy"', (2, 3, 1, 1), SHAPE, SHAPE, no_gradient=gradient)
    check_parity(gpu, 'type: "ChannelScale"', SHAPE, (2, 1, 4, 5), no_gradient=gradient)


@pytest.mark.parametrize("flag", ["", "do_forward: false", "do_backward_feature: false"])
@pytest.mark.parametrize("scales", [(2, 1, 4, 5), (2, 20), (2, 4, 5)])
def test_scales_of_places(gpu, scales, flag):
    layer = f'type: "ChannelScale" channel_scale_param {{ {flag} }}'
    check_parity(gpu, layer, SHAPE, scales)


def test_scales_of_places_that_are_not_learned(gpu):
    layer = 'type: "ChannelScale" channel_scale_param { do_backward_scale: false }'
    check_parity(gpu, layer, SHAPE, (2, 1, 4, 5))


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("shared", ["false", "true"])
@pytest.mark.parametrize("shape", [SHAPE, (3, 4)])
def test_learned_slopes(gpu, shape, shared, in_place):
    layer = f'type: "PReLU" prelu_param {{ channel_shared: {shared} }}'
    check_parity(gpu, layer, shape, in_place=in_place)
    check_parity(gpu, layer, shape, in_place=in_place, no_gradient=[0])


def test_the_third_bottom_is_added_in_place(gpu):
    blobs = [Blob((2, 3)), Blob(SHAPE), Blob(SHAPE)]
    for i, blob in enumerate(blobs):
        blob.live_on(gpu.residence)
        blob.data[...] = i + 1
    top = [blobs[2]]
    kernel = Axpy(Context(gpu))
    gpu.residence.begin()
    for call in kernel.bind_forward(blobs, top):
        call()
    gpu.residence.end()
    assert (top[0].data == 5).all()
    top[0].diff[...] = 7
    gpu.residence.begin()
    for call in kernel.bind_backward(top, blobs, Wants([True] * 3)):
        call()
    gpu.residence.end()
    assert (blobs[0].diff == 7 * 2 * 20).all()
    assert (blobs[1].diff == 7).all()
    assert (blobs[2].diff == 7).all()


def test_larger_blobs_are_computed_by_many_blocks(gpu):
    check_parity(gpu, 'type: "Scale" scale_param { bias_term: true }', (3, 5, 31, 33), atol=1e-4)
    check_parity(gpu, 'type: "PReLU"', (2, 67, 9, 11), in_place=True, atol=1e-4)
