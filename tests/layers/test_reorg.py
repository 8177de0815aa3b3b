import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def reorg(param):
    return f'type: "Reorg" reorg_param {{ {param} }}'


def darknet(x, stride, reverse):
    """The loop of Darknet, over flat memory."""
    n, c, h, w = x.shape
    y, flat = np.empty(x.size), x.ravel()
    out_c = c // stride**2
    for b in range(n):
        for k in range(c):
            for j in range(h):
                for i in range(w):
                    channels = i + w * (j + h * (k + c * b))
                    place, part = divmod(k, out_c)
                    column, row = i * stride + place % stride, j * stride + place // stride
                    places = column + w * stride * (row + h * stride * (part + out_c * b))
                    if reverse:
                        y[places] = flat[channels]
                    else:
                        y[channels] = flat[places]
    return y


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("stride", "shape"), [(1, (2, 3, 2, 3)), (2, (2, 8, 4, 6))])
def test_definition_and_gradient(make_layer, reverse, stride, shape):
    param = f"stride: {stride} reverse: {str(reverse).lower()}"
    layer, (x,), (y,) = make_layer(reorg(param), shape)
    layer.forward([x], [y])
    n, c, h, w = shape
    s = stride
    size = (c // s**2, h * s, w * s) if reverse else (c * s**2, h // s, w // s)
    assert y.shape == (n, *size)
    np.testing.assert_array_equal(y.data.ravel(), darknet(x.data, stride, reverse))
    check_gradients(layer, [x], [y])


def test_reverse_fills_places_from_channels(make_layer):
    layer, bottom, top = make_layer(
        reorg("stride: 2 reverse: true"), np.arange(4).reshape(1, 4, 1, 1)
    )
    layer.forward(bottom, top)
    assert top[0].data.tolist() == [[[[0, 1], [2, 3]]]]


@pytest.mark.parametrize(
    ("param", "shape", "message"),
    [
        ("", (1, 4, 2, 2), "reorg_param.stride: is required, and at least 1"),
        ("stride: 2", (1, 3, 2, 2), r"its square, 4, must divide the channels \(3\)"),
        ("stride: 2", (1, 4, 3, 2), r"reorg_param.stride: 2 must divide height and width \(3, 2\)"),
        ("stride: 2", (4, 2), r"needs a bottom \(N, C, H, W\), got shape \(4, 2\)"),
    ],
)
def test_errors(make_layer, param, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Reorg\): .*{message}"):
        make_layer(reorg(param), shape)
