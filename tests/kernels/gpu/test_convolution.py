import numpy as np
import pytest
from gpu_parity import ON_DEVICE, check_parity, gpu_kernel, gpu_layer
from host_cudnn import computing_graphs

from cortado.kernels.gpu import Wants


def convolution(options: str, type: str = "Convolution") -> str:
    return f'type: "{type}" convolution_param {{ {options} }}'


WINDOWS = [
    "kernel_size: 1",
    "kernel_size: 3 pad: 1",
    "kernel_size: 3 stride: 2",
    "kernel_h: 3 kernel_w: 2 stride_h: 1 stride_w: 3 pad_h: 2 pad_w: 1",
    "kernel_size: 2 dilation: 3 pad: 2",
    "kernel_size: 3 dilation: 2 stride: 3 pad: 3",
    "kernel_size: 1 stride: 3",
]


@pytest.mark.parametrize("type", ["Convolution", "Deconvolution"])
@pytest.mark.parametrize("window", WINDOWS)
def test_windows(gpu, type, window):
    check_parity(gpu, convolution(f"num_output: 3 {window}", type), (2, 2, 6, 7), atol=1e-4)


@pytest.mark.parametrize("type", ["Convolution", "Deconvolution"])
@pytest.mark.parametrize("window", WINDOWS[1:3])
def test_more_channels_than_a_tile_has(gpu, type, window):
    prototxt = convolution(f"num_output: 67 {window}", type)
    check_parity(gpu, prototxt, (1, 10, 4, 5), rtol=1e-3, atol=2e-4)


@pytest.mark.parametrize("type", ["Convolution", "Deconvolution"])
@pytest.mark.parametrize("channels", [(6, 4), (18, 20)])
def test_groups(gpu, type, channels):
    c, k = channels
    prototxt = convolution(f"num_output: {k} group: 2 kernel_size: 3 stride: 2 pad: 1", type)
    check_parity(gpu, prototxt, (2, c, 5, 4), rtol=1e-3, atol=2e-4)


@pytest.mark.parametrize("type", ["Convolution", "Deconvolution"])
@pytest.mark.parametrize("shape", [(2, 3, 9), (2, 3, 3, 4, 5)])
def test_sequences_and_volumes(gpu, type, shape):
    prototxt = convolution("num_output: 2 kernel_size: 3 stride: 2 pad: 1", type)
    check_parity(gpu, prototxt, shape, atol=1e-4)


@pytest.mark.parametrize("options", ["kernel_size: 3", "kernel_size: 2 stride: 2 pad: 1"])
def test_depthwise(gpu, options):
    prototxt = convolution(options, "ConvolutionDepthwise")
    check_parity(gpu, prototxt, (2, 37, 4, 5), atol=1e-4)


def test_depthwise_convolution(gpu):
    prototxt = convolution("num_output: 6 kernel_size: 3", "DepthwiseConvolution")
    check_parity(gpu, prototxt, (2, 3, 4, 5), atol=1e-4)


def test_convolution_3d(gpu):
    prototxt = (
        'type: "Convolution3D" convolution3d_param '
        "{ num_output: 2 kernel_size: 2 kernel_depth: 3 temporal_pad: 1 }"
    )
    check_parity(gpu, prototxt, (1, 2, 3, 4, 4), atol=1e-4)


def test_bilinear_upsampling(gpu):
    options = "num_output: 3 group: 3 kernel_size: 8 stride: 4 pad: 2 bias_term: false"
    check_parity(gpu, convolution(options, "Deconvolution"), (1, 3, 3, 2), atol=1e-4)


def test_bottoms_share_the_filters(gpu):
    prototxt = convolution("num_output: 2 kernel_size: 2")
    check_parity(gpu, prototxt, (2, 3, 4, 5), (1, 3, 3, 3), tops=2, atol=1e-4)


@pytest.mark.parametrize("axis", [2, -3])
def test_several_axes_count_the_images(gpu, axis):
    prototxt = convolution(f"num_output: 2 kernel_size: 2 axis: {axis}")
    check_parity(gpu, prototxt, (2, 2, 3, 4, 5), atol=1e-4)


def test_no_bottom_gradient(gpu):
    prototxt = convolution("num_output: 2 kernel_size: 2")
    check_parity(gpu, prototxt, (2, 3, 4, 5), no_gradient=[0], atol=1e-4)


@pytest.mark.parametrize("channels", [1, 9])
def test_places_are_shared_out_to_blocks(gpu, channels):
    prototxt = convolution(f"num_output: {channels} kernel_size: 2 pad: 1 bias_term: false")
    check_parity(gpu, prototxt, (3, 1, 17, 15), rtol=1e-3, atol=1e-3)


def all_results(gpu, prototxt, channels_last):
    """All that a layer writes, its bottom and its top lying as told."""
    x = np.random.default_rng(1).standard_normal((2, 4, 5, 6))
    tried = gpu_layer(gpu, prototxt, x.shape)
    bottom, top, weights = tried.bottom, tried.top, tried.layer.weights
    bottom[0].channels_last, top[0].channels_last = channels_last
    bottom[0].data[...] = x
    top[0].diff[...] = np.random.default_rng(2).standard_normal(top[0].shape)
    gpu.residence.begin()
    wants = Wants([True], [True] * len(weights), [False] * len(weights))
    calls = [
        *tried.kernel.bind_forward(bottom, top),
        *tried.kernel.bind_backward(top, bottom, wants),
    ]
    for call in calls:
        call()
    gpu.residence.end()
    return [np.array(a) for a in (top[0].data, bottom[0].diff, *(w.diff for w in weights))]


@pytest.mark.parametrize("by_cudnn", [False, True])
@pytest.mark.parametrize("type", ["Convolution", "Deconvolution"])
def test_bottom_and_top_may_lie_each_in_its_own_way(gpu, monkeypatch, type, by_cudnn):
    if by_cudnn and ON_DEVICE:
        pytest.skip("cuDNN is there")
    prototxt = convolution("num_output: 3 kernel_size: 2 pad: 1", type)
    plain = all_results(gpu, prototxt, (False, False))
    for channels_last in ((True, False), (False, True)):
        if not by_cudnn:
            mixed = all_results(gpu, prototxt, channels_last)
        else:
            with computing_graphs(monkeypatch) as asked:
                mixed = all_results(gpu, prototxt, channels_last)
            assert asked.names == {"gathering", "scattering", "filter gradient"}
        for one, other in zip(plain, mixed, strict=True):
            np.testing.assert_allclose(one, other, 1e-4, 1e-5)


def test_no_images(gpu):
    check_parity(gpu, convolution("num_output: 2 kernel_size: 2"), np.zeros((0, 3, 4, 5)))


def test_none_for_more_than_three_axes(gpu):
    with pytest.raises(AssertionError, match="has no GPU kernel"):
        gpu_kernel(gpu, convolution("num_output: 1 kernel_size: 1"), (1, 1, 1, 1, 1, 1))
