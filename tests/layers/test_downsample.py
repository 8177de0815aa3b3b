import numpy as np
import pytest

from cortado.proto import ConfigError


def downsample(fields=""):
    return f'type: "Downsample" downsample_param {{ {fields} }}'


def definition(x, height, width):
    y = np.zeros((*x.shape[:2], height, width))
    step_y, step_x = (x.shape[2] - 1) / (height - 1), (x.shape[3] - 1) / (width - 1)
    for n, c, i, j in np.ndindex(y.shape):
        total = known = unknown = 0.0
        for h in range(x.shape[2]):
            for w in range(x.shape[3]):
                weight = max(1 - abs(h - i * step_y) / step_y, 0)
                weight *= max(1 - abs(w - j * step_x) / step_x, 0)
                if np.isnan(x[n, c, h, w]):
                    unknown += weight
                else:
                    total, known = total + weight * x[n, c, h, w], known + weight
        y[n, c, i, j] = np.nan if unknown > known / 2 else total / known
    return y


@pytest.mark.parametrize(("height", "width"), [(3, 4), (2, 2), (5, 3)])
@pytest.mark.parametrize("unknown", [0, 0.3])
def test_means_of_the_known_pixels_around(make_layer, height, width, unknown):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((2, 3, 9, 7))
    x[rng.uniform(size=x.shape) < unknown] = np.nan
    layer, bottom, top = make_layer(downsample(f"top_height: {height} top_width: {width}"), x)
    layer.forward(bottom, top)
    expected = definition(x, height, width)
    assert np.isnan(expected).any() == (unknown > 0)
    np.testing.assert_allclose(top[0].data, expected, rtol=1e-9, atol=1e-12)


def test_another_blob_may_tell_the_size(make_layer):
    layer, bottom, top = make_layer(downsample(), (2, 3, 9, 7), (1, 1, 3, 4))
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data, definition(bottom[0].data, 3, 4))


def test_one_size_is_a_copy(make_layer):
    layer, bottom, top = make_layer(downsample("top_height: 1 top_width: 3"), (2, 3, 1, 3))
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, bottom[0].data)


def test_nothing_known_gives_nan(make_layer):
    x = np.full((1, 1, 4, 4), np.nan)
    layer, bottom, top = make_layer(downsample("top_height: 2 top_width: 2"), x)
    layer.forward(bottom, top)
    assert np.isnan(top[0].data).all()


def test_it_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(downsample("top_height: 2 top_width: 2"), (1, 1, 4, 4))
    layer.propagate_down = [True]
    with pytest.raises(ConfigError, match=r"\(Downsample\): has no gradient; .* propagate_down"):
        layer.backward(top, bottom)


@pytest.mark.parametrize(
    ("fields", "shapes", "message"),
    [
        ("top_width: 2", [(1, 1, 4, 4)], "downsample_param.top_height: 0 must be at least 2"),
        ("top_height: 2 top_width: 1", [(1, 1, 4, 4)], "downsample_param.top_width: 1 must be"),
        ("", [(4, 4)], r"bottom\[0\] must be \(N, C, H, W\), got shape \(4, 4\)"),
        ("", [(1, 1, 4, 4), (4, 4)], r"bottom\[1\] must be \(N, C, H, W\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, fields, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Downsample\): .*{message}"):
        make_layer(downsample(fields), *shapes)
