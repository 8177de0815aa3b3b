"""The convolutions of well-known nets have plans, each pass of them, for devices not at hand."""

import pytest

from cortado.core import Window
from cortado.kernels import cudnn
from cortado.kernels.cudnn import Tensor, prepare

BATCH = 32

# Channels and size of x, num_output, kernel, stride, pad, group; each geometry once.
ALEXNET = [
    (3, 227, 96, 11, 4, 0, 1),
    (96, 27, 256, 5, 1, 2, 2),
    (256, 13, 384, 3, 1, 1, 1),
    (384, 13, 384, 3, 1, 1, 2),
    (384, 13, 256, 3, 1, 1, 2),
]
VGG = [(3, 224, 64, 3, 1, 1, 1)] + [
    (c, size, k, 3, 1, 1, 1)
    for c, size, k in (
        (64, 224, 64),
        (64, 112, 128),
        (128, 112, 128),
        (128, 56, 256),
        (256, 56, 256),
        (256, 28, 512),
        (512, 28, 512),
        (512, 14, 512),
    )
]
# Of each module: channels, size, and num_output of 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool.
INCEPTIONS = [
    (192, 28, 64, 96, 128, 16, 32, 32),
    (256, 28, 128, 128, 192, 32, 96, 64),
    (480, 14, 192, 96, 208, 16, 48, 64),
    (512, 14, 160, 112, 224, 24, 64, 64),
    (512, 14, 112, 144, 288, 32, 64, 64),
    (528, 14, 256, 160, 320, 32, 128, 128),
    (832, 7, 384, 192, 384, 48, 128, 128),
]
GOOGLENET = [(3, 224, 64, 7, 2, 3, 1), (64, 56, 64, 1, 1, 0, 1), (64, 56, 192, 3, 1, 1, 1)] + [
    geometry
    for c, n, one, reduce3, three, reduce5, five, pool in INCEPTIONS
    for geometry in (
        *((c, n, k, 1, 1, 0, 1) for k in (one, reduce3, reduce5, pool)),
        (reduce3, n, three, 3, 1, 1, 1),
        (reduce5, n, five, 5, 1, 2, 1),
    )
]
# Of each stage: channels that come in, size that comes out, width, stride.
RESNET_50 = [(3, 224, 64, 7, 2, 3, 1)] + [
    geometry
    for c, n, width, stride in (
        (64, 56, 64, 1),
        (256, 28, 128, 2),
        (512, 14, 256, 2),
        (1024, 7, 512, 2),
    )
    for geometry in (
        (c, n * stride, width, 1, stride, 0, 1),
        (c, n * stride, 4 * width, 1, stride, 0, 1),
        (4 * width, n, width, 1, 1, 0, 1),
        (width, n, width, 3, 1, 1, 1),
        (width, n, 4 * width, 1, 1, 0, 1),
    )
]
MOBILENET = [(3, 224, 32, 3, 2, 1, 1)] + [
    geometry
    for c, n, stride, k in (
        (32, 112, 1, 64),
        (64, 112, 2, 128),
        (128, 56, 1, 128),
        (128, 56, 2, 256),
        (256, 28, 1, 256),
        (256, 28, 2, 512),
        (512, 14, 1, 512),
        (512, 14, 2, 1024),
        (1024, 7, 1, 1024),
    )
    for geometry in ((c, n, c, 3, stride, 1, c), (c, n // stride, k, 1, 1, 0, 1))
]
NETS = {
    "AlexNet": ALEXNET,
    "VGG": VGG,
    "GoogLeNet": GOOGLENET,
    "ResNet-50": RESNET_50,
    "MobileNet": MOBILENET,
}
KINDS = [("float32", True), ("float32", False), ("float16", True), ("bfloat16", True)]


@pytest.mark.slow
@pytest.mark.parametrize("net", NETS.values(), ids=NETS)
@pytest.mark.parametrize(("dtype", "tf32"), KINDS, ids=["tf32", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("lies", [Tensor.channels_last, Tensor.plain], ids=["last", "plain"])
def test_every_convolution_has_plans(net, dtype, tf32, lies, target):
    for c, size, k, kernel, stride, pad, group in dict.fromkeys(net):
        window = Window((kernel,) * 2, (stride,) * 2, (pad,) * 2, (1, 1))
        x = lies((BATCH, c, size, size), dtype)
        y = lies((BATCH, k, *window.output_size((size, size))), dtype)
        filters = lies((k, c // group, kernel, kernel), dtype)
        for recipe in (
            cudnn.convolution(x, filters, y, window, bias=dtype),
            cudnn.convolution(x, filters, y, window, bias=dtype, slope=0.0),
            cudnn.convolution_backward_data(y, filters, x, window),
            cudnn.convolution_backward_filters(x, y, filters, window),
        ):
            prepare(recipe, target, limit=1 << 30, tf32=tf32)
