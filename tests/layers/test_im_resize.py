import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def resize(param):
    return f'type: "ImResize" imresize_param {{ {param} }}'


def cubic(v, t):
    """Catmull and Rom's polynomial through v[1] and v[2]."""
    return (
        (-0.5 * v[0] + 1.5 * v[1] - 1.5 * v[2] + 0.5 * v[3]) * t**3
        + (v[0] - 2.5 * v[1] + 2 * v[2] - 0.5 * v[3]) * t**2
        + (-0.5 * v[0] + 0.5 * v[2]) * t
        + v[1]
    )


def neighbours(at, length):
    first = max(int(at + 1e-5), 0)
    at_all = [min(max(first + step, 0), length - 1) for step in (-1, 0, 1, 2)]
    return at_all, at - first


def definition(x, height, width, start=1.0, gap=0.1):
    n, c, h, w = x.shape
    y = np.zeros((1, c, height, width))
    for scale in range(n):
        pad_h = int(np.floor(h // 2 * (1 - start + scale * gap)))
        pad_w = int(np.floor(w // 2 * (1 - start + scale * gap)))
        inside = x[scale, :, pad_h : h - pad_h, pad_w : w - pad_w]
        _, ih, iw = inside.shape
        for i in range(height):
            rows, down = neighbours((i + 0.5) * ih / height - 0.5, ih)
            for j in range(width):
                columns, right = neighbours((j + 0.5) * iw / width - 0.5, iw)
                for k in range(c):
                    lines = [cubic([inside[k, r, q] for q in columns], right) for r in rows]
                    y[0, k, i, j] += cubic(lines, down) / n
    return y


CASES = [
    ("factor: 3", (1, 2, 3, 4), (9, 12), {}),
    ("target_spatial_height: 5 target_spatial_width: 2", (1, 1, 3, 4), (5, 2), {}),
    ("factor: 2 scale_gap: 0.3", (3, 1, 6, 8), (12, 16), {"gap": 0.3}),
    ("factor: 1 start_scale: 0.5 scale_gap: 0.2", (2, 1, 6, 6), (6, 6), {"start": 0.5, "gap": 0.2}),
]


@pytest.mark.parametrize(("param", "shape", "size", "options"), CASES)
def test_definition_and_gradient(make_layer, param, shape, size, options):
    layer, (x,), (y,) = make_layer(resize(param), shape)
    layer.forward([x], [y])
    assert y.shape == (1, shape[1], *size)
    np.testing.assert_allclose(y.data, definition(x.data, *size, **options), atol=1e-10)
    check_gradients(layer, [x], [y])


def test_the_target_is_368_by_default(make_layer):
    layer, bottom, top = make_layer('type: "ImResize"', np.ones((1, 1, 4, 4)), dtype="float32")
    layer.forward(bottom, top)
    assert top[0].shape == (1, 1, 368, 368)
    np.testing.assert_allclose(top[0].data, 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("param", "shape", "message"),
    [
        ("factor: -1", (1, 1, 4, 4), "imresize_param.factor: -1 must be 0 or more"),
        ("factor: 0.1", (1, 1, 4, 4), r"makes a top of size \(0, 0\) of a bottom of \(4, 4\)"),
        ("factor: 2", (4, 4), r"needs a bottom \(N, C, H, W\), got shape \(4, 4\)"),
        ("factor: 2 scale_gap: 1", (2, 1, 4, 4), "scale_gap 1 leave nothing of map 1"),
        ("factor: 2 start_scale: 1.5", (1, 1, 4, 4), "start_scale 1.5 .* or more than all of it"),
    ],
)
def test_errors(make_layer, param, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(ImResize\): .*{message}"):
        make_layer(resize(param), shape)
