import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

GEOMETRIES = {
    "plain": ("kernel_size: 3", (2, 4, 5, 4)),
    "stride and pad": ("kernel_size: 3 stride: 2 pad: 1", (2, 4, 5, 4)),
    "tall": ("kernel_h: 3 kernel_w: 1 stride_h: 1 stride_w: 2 pad_w: 1", (1, 4, 4, 4)),
    "one number per axis": ("kernel_size: 1 kernel_size: 2 pad: 1 pad: 0", (1, 4, 3, 3)),
    "dilated": ("kernel_size: 2 dilation: 2", (1, 4, 4, 5)),
    "grouped": ("kernel_size: 2 group: 2", (2, 4, 3, 3)),
    "depthwise": ("kernel_size: 3 pad: 1 group: 4", (2, 4, 3, 3)),
    "1 x 1": ("kernel_size: 1", (2, 4, 3, 2)),
    "no bias": ("kernel_size: 2 bias_term: false", (1, 4, 3, 3)),
    "time": ("kernel_size: 3 pad: 1 stride: 2", (2, 4, 7)),
    "volume": ("kernel_size: 2 stride: 2 pad: 1", (1, 4, 3, 4, 3)),
    "volume of C3D": (
        "kernel_size: 2 kernel_depth: 3 pad: 0 temporal_pad: 1 stride: 1 temporal_stride: 2",
        (1, 4, 3, 3, 3),
    ),
    "nothing to slide along": ("", (3, 4)),
}
geometries = pytest.mark.parametrize(("param", "shape"), GEOMETRIES.values(), ids=GEOMETRIES.keys())


def convolution(param, num_output=4):
    return f'type: "Convolution" convolution_param {{ num_output: {num_output} {param} }}'


def test_by_hand(make_layer):
    x = np.arange(9).reshape(1, 1, 3, 3)
    layer, bottom, top = make_layer(convolution("kernel_size: 2", num_output=1), x)
    layer.weights[0].data[...] = [[[[1, 2], [3, 4]]]]
    layer.weights[1].data[...] = 100
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, [[[[127, 137], [157, 167]]]])


@geometries
def test_gradient(make_layer, param, shape):
    layer, bottom, top = make_layer(convolution(param), shape)
    check_gradients(layer, bottom, top)


@pytest.mark.parametrize(
    ("param", "shape", "out"),
    [
        ("kernel_size: 11 stride: 4", (2, 3, 227, 227), (2, 4, 55, 55)),
        ("kernel_h: 1 kernel_w: 7 pad_h: 0 pad_w: 3", (2, 3, 17, 17), (2, 4, 17, 17)),
        ("kernel_size: 3 pad: 2 dilation: 2", (1, 3, 9, 9), (1, 4, 9, 9)),
        ("kernel_size: 3 dilation: 1 dilation: 2", (1, 3, 9, 9), (1, 4, 7, 5)),
        ("kernel_size: 3 axis: 2", (2, 3, 5, 8), (2, 3, 4, 6)),
        ("kernel_size: 3 axis: -3", (2, 3, 8, 9), (2, 4, 6, 7)),
        ("kernel_size: 3 force_nd_im2col: true engine: CUDNN", (1, 3, 4, 4), (1, 4, 2, 2)),
        ("kernel_size: 3 kernel_depth: 2", (1, 3, 4, 5, 6), (1, 4, 3, 3, 4)),
    ],
)
def test_shapes(make_layer, param, shape, out):
    _, _, top = make_layer(convolution(param), shape, dtype="float32")
    assert top[0].shape == out


def test_filters_have_one_axis_per_channel_of_the_group(make_layer):
    layer, _, _ = make_layer(convolution("kernel_h: 3 kernel_w: 2 group: 2", 6), (1, 4, 5, 5))
    assert [w.shape for w in layer.weights] == [(6, 2, 3, 2), (6,)]


def test_axes_before_the_channels_count_images(make_layer):
    x = np.random.default_rng(3).standard_normal((2, 3, 4, 6))
    layer, bottom, top = make_layer(convolution("kernel_size: 3 axis: 2"), x)
    flat, flat_bottom, flat_top = make_layer(convolution("kernel_size: 3"), x.reshape(6, 4, 6))
    for one, other in zip(layer.weights, flat.weights, strict=True):
        other.data[...] = one.data
    layer.forward(bottom, top)
    flat.forward(flat_bottom, flat_top)
    np.testing.assert_array_equal(top[0].data, flat_top[0].data.reshape(2, 3, 4, 4))
    check_gradients(layer, bottom, top)


def test_two_bottoms_share_the_filters(make_layer):
    layer, bottom, top = make_layer(
        convolution("kernel_size: 2"), (1, 4, 3, 3), (2, 4, 4, 3), tops=2
    )
    assert [t.shape for t in top] == [(1, 4, 2, 2), (2, 4, 3, 2)]
    check_gradients(layer, bottom, top)


def test_backward_skips_what_nobody_reads(make_layer):
    layer, bottom, top = make_layer(convolution("kernel_size: 2"), (1, 4, 3, 3))
    layer.propagate_down = [False]
    layer.param_propagate_down = [False, True]
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert not bottom[0].has_diff
    assert not layer.weights[0].diff.any()
    np.testing.assert_array_equal(layer.weights[1].diff, 4)


def test_another_size_of_bottom_only_reshapes(make_layer):
    layer, bottom, top = make_layer(convolution("kernel_size: 2"), (2, 4, 5, 4))
    bottom[0].reshape(1, 4, 3, 3)
    layer.reshape(bottom, top)
    assert top[0].shape == (1, 4, 2, 2)
    check_gradients(layer, bottom, top)


@pytest.mark.parametrize(
    ("param", "num_output", "message"),
    [
        ("kernel_size: 3", 0, "convolution_param.num_output: is required, and at least 1"),
        ("", 2, r"kernel_size: is required \(or kernel_h and kernel_w\)"),
        ("kernel_size: 0", 2, "kernel_size: must be at least 1, got 0"),
        ("kernel_size: 2 stride: 0", 2, "stride: must be at least 1, got 0"),
        (
            "kernel_size: 2 stride: 4294967295",
            2,
            "stride: must be at most 1073741824, got 4294967295",
        ),
        ("kernel_size: 2 dilation: 0", 2, "dilation: must be at least 1, got 0"),
        ("kernel_size: 2 kernel_h: 3", 2, "kernel_size: cannot stand beside kernel_h"),
        ("kernel_h: 3", 2, "kernel_w: is required beside kernel_h"),
        ("kernel_size: 2 pad: 1 pad_w: 1", 2, "pad: cannot stand beside pad_w"),
        ("kernel_size: 2 stride_w: 1", 2, "stride_h: is required beside stride_w"),
        ("kernel_size: [2, 2, 2]", 2, "kernel_size: has 3 values for 2 spatial axes; give 1 or 2"),
        ("kernel_size: 2 kernel_depth: 2", 2, "kernel_depth: needs 3 spatial axes, but .* has 2"),
        ("kernel_size: 2 group: 3", 3, r"group: 3 must divide the bottom's channels \(4\)"),
        ("kernel_size: 2 relu: true", 4, "relu: true is not supported; put a ReLU layer after"),
        ("kernel_size: 2 group: 2", 3, r"group: 2 must divide num_output \(3\)"),
        ("kernel_size: 2 group: 0", 2, "group: 0 must divide"),
        ("kernel_size: 2 axis: 4", 2, "axis: 4 is out of range for a bottom with 4 axes"),
        (
            "kernel_size: 7",
            2,
            r"convolution_param.kernel_size: \(7, 7\) .* does not fit a bottom of size \(5, 5\)",
        ),
    ],
)
def test_bad_parameters_are_named(make_layer, param, num_output, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(Convolution\): .*{message}"):
        make_layer(convolution(param, num_output), (1, 4, 5, 5))


def test_pairs_need_two_spatial_axes(make_layer):
    with pytest.raises(ConfigError, match="kernel_h: needs 2 spatial axes, but the bottom has 3"):
        make_layer(convolution("kernel_h: 3 kernel_w: 3"), (1, 4, 5, 5, 5))


@pytest.mark.parametrize("shape", [(1, 3, 5, 5), (1, 4, 5)])
def test_bottoms_the_filters_were_not_made_for(make_layer, shape):
    layer, bottom, top = make_layer(convolution("kernel_size: 2"), (1, 4, 5, 5))
    bottom[0].reshape(shape)
    with pytest.raises(ConfigError, match="made for bottoms with 4 axes and 4 channels in axis 1"):
        layer.reshape(bottom, top)


def test_wrong_wiring(make_layer):
    with pytest.raises(ConfigError, match="takes 1 top blobs, got 2"):
        make_layer(convolution("kernel_size: 2"), (1, 4, 5, 5), tops=2)
