import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def resample(fields):
    return f'type: "Resample" resample_param {{ {fields} }}'


def triangle(x):
    return max(1 - abs(x), 0)


def cubic(x):
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0


def definition(x, height, width, kernel, antialias=True):
    """Every pixel a weighted mean of all that the kernel, in two dimensions, reaches."""
    fy, fx = x.shape[2] / height, x.shape[3] / width
    widened = antialias and max(fx, fy) > 1
    ax, ay = (1 / fx, 1 / fy) if widened else (1, 1)
    y = np.zeros((*x.shape[:2], height, width))
    for i, j in np.ndindex(height, width):
        row, column = i * fy + fx / 2 - 0.5, j * fx + fy / 2 - 0.5
        weights = np.array(
            [
                [kernel(ay * (row - h)) * kernel(ax * (column - w)) for w in range(x.shape[3])]
                for h in range(x.shape[2])
            ]
        )
        if weights.sum():
            y[:, :, i, j] = (x * weights).sum(axis=(2, 3)) / weights.sum()
    return y


@pytest.mark.parametrize(("kind", "kernel"), [("LINEAR", triangle), ("CUBIC", cubic)])
@pytest.mark.parametrize(("height", "width"), [(12, 16), (3, 4), (6, 8), (2, 2), (9, 5)])
def test_pixels_are_weighted_means(make_layer, kind, kernel, height, width):
    for antialias in ("true", "false"):
        fields = f"height: {height} width: {width} type: {kind} antialias: {antialias}"
        layer, bottom, top = make_layer(resample(fields), (2, 3, 6, 8))
        layer.forward(bottom, top)
        expected = definition(bottom[0].data, height, width, kernel, antialias == "true")
        np.testing.assert_allclose(top[0].data, expected, rtol=1e-9, atol=1e-12)


def test_it_is_linear_and_antialiased_by_default(make_layer):
    layer, bottom, top = make_layer(resample("height: 3 width: 4"), (2, 3, 6, 8))
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data, definition(bottom[0].data, 3, 4, triangle))


@pytest.mark.parametrize(("size", "expected"), [(4, [0, 0, 1, 1]), (1, [1]), (3, [0, 1, 1])])
def test_nearest(make_layer, size, expected):
    fields = f"height: {size} width: {size} type: NEAREST"
    layer, bottom, top = make_layer(resample(fields), [[[[0, 1], [2, 3]]]])
    layer.forward(bottom, top)
    places = np.array(expected)
    assert top[0].data[0, 0].tolist() == (2 * places[:, None] + places).tolist()


def test_another_blob_may_tell_the_size(make_layer):
    layer, bottom, top = make_layer(resample(""), (2, 3, 6, 8), (1, 7, 3, 4))
    layer.forward(bottom, top)
    assert top[0].shape == (2, 3, 3, 4)
    bottom[1].diff[...] = 7
    layer.propagate_down = [True, True]
    layer.backward(top, bottom)
    assert not bottom[1].diff.any()


@pytest.mark.parametrize("kind", ["LINEAR", "CUBIC", "NEAREST"])
@pytest.mark.parametrize(("height", "width"), [(3, 5), (7, 8)])
def test_gradient(make_layer, kind, height, width):
    fields = f"height: {height} width: {width} type: {kind}"
    check_gradients(*make_layer(resample(fields), (1, 2, 5, 6)))


@pytest.mark.parametrize(
    ("fields", "shapes", "message"),
    [
        ("height: 3 width: 3 type: AREA", [(1, 1, 4, 4)], "resample_param.type: AREA is not there"),
        ("height: 3", [(1, 1, 4, 4)], "height and width are required"),
        ("height: 3 width: 3", [(1, 4, 4)], r"bottom\[0\] must be \(N, C, H, W\)"),
        ("", [(1, 1, 4, 4), (3, 3)], r"bottom\[1\] must be \(N, C, H, W\), got shape \(3, 3\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, fields, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Resample\): .*{message}"):
        make_layer(resample(fields), *shapes)
