import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def interp(param):
    return f'type: "Interp" interp_param {{ {param} }}'


def definition(x, height, width, cut=(0, 0)):
    """Bilinear interpolation, number by number, between corners that stay."""
    first, last = cut
    x = x[:, :, first : x.shape[2] - last, first : x.shape[3] - last]
    h, w = x.shape[2:]
    y = np.empty((*x.shape[:2], height, width))
    for i in range(height):
        for j in range(width):
            row = i * (h - 1) / (height - 1) if height > 1 else 0
            column = j * (w - 1) / (width - 1) if width > 1 else 0
            top, left = int(row + 1e-9), int(column + 1e-9)
            down, right = row - top, column - left
            below, beside = min(top + 1, h - 1), min(left + 1, w - 1)
            y[:, :, i, j] = (1 - down) * (
                (1 - right) * x[:, :, top, left] + right * x[:, :, top, beside]
            ) + down * ((1 - right) * x[:, :, below, left] + right * x[:, :, below, beside])
    return y


CASES = [
    ("height: 9 width: 11", (2, 3, 5, 7), (9, 11), (0, 0)),
    ("height: 2 width: 3", (2, 3, 5, 7), (2, 3), (0, 0)),
    ("height: 1 width: 1", (1, 1, 4, 4), (1, 1), (0, 0)),
    ("height: 3 width: 2", (1, 2, 1, 1), (3, 2), (0, 0)),
    ("height: 4 width: 5 pad_beg: -1 pad_end: -2", (1, 2, 6, 7), (4, 5), (1, 2)),
    ("zoom_factor: 2", (1, 2, 3, 4), (5, 7), (0, 0)),
    ("zoom_factor: 3 height: 99 width: 99", (1, 1, 3, 4), (7, 10), (0, 0)),
    ("shrink_factor: 2", (1, 1, 5, 8), (3, 4), (0, 0)),
    ("shrink_factor: 2 zoom_factor: 3", (1, 1, 5, 7), (7, 10), (0, 0)),
    ("zoom_factor: 2 pad_end: -1", (1, 1, 5, 7), (7, 11), (0, 1)),
]


@pytest.mark.parametrize(("param", "shape", "size", "cut"), CASES)
def test_definition(make_layer, param, shape, size, cut):
    layer, (x,), (y,) = make_layer(interp(param), shape)
    layer.forward([x], [y])
    assert y.shape == (*shape[:2], *size)
    np.testing.assert_allclose(y.data, definition(x.data, *size, cut), atol=1e-12)


@pytest.mark.parametrize(("param", "shape", "size", "cut"), CASES)
def test_gradient(make_layer, param, shape, size, cut):
    check_gradients(*make_layer(interp(param), shape))


def test_the_same_size_changes_nothing(make_layer):
    layer, (x,), (y,) = make_layer(interp("height: 4 width: 3"), (2, 3, 4, 3))
    layer.forward([x], [y])
    np.testing.assert_array_equal(x.data, y.data)


@pytest.mark.parametrize(
    ("param", "shape", "message"),
    [
        ("", (1, 1, 2, 2), "interp_param: give height and width, or zoom_factor, or shrink_factor"),
        ("height: 3", (1, 1, 2, 2), "interp_param.width: 0 must be 1 or more, beside the other"),
        ("zoom_factor: 0", (1, 1, 2, 2), "interp_param.zoom_factor: 0 must be 1 or more"),
        ("shrink_factor: -2", (1, 1, 2, 2), "interp_param.shrink_factor: -2 must be 1 or more"),
        ("zoom_factor: 2 pad_beg: 1", (1, 1, 2, 2), "pad_beg: 1 must be 0 or negative"),
        ("zoom_factor: 2 pad_end: -2", (1, 1, 2, 2), r"leave nothing of a bottom of size \(2, 2\)"),
        ("zoom_factor: 2", (2, 2), r"needs a bottom \(N, C, H, W\), got shape \(2, 2\)"),
    ],
)
def test_errors(make_layer, param, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Interp\): .*{message}"):
        make_layer(interp(param), shape)
