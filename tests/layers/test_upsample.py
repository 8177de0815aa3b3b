import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def upsample(param=""):
    return f'type: "Upsample" upsample_param {{ {param} }}'


def mask_for(rng, shape, plane):
    """A different place for each number of a plane."""
    n, c, h, w = shape
    places = [rng.permutation(plane)[: h * w] for _ in range(n * c)]
    return np.array(places, float).reshape(shape)


CASES = [
    ("", (4, 6)),
    ("scale: 3", (6, 9)),
    ("scale: 3 scale_h: 2", (4, 9)),
    ("scale_h: 2 scale_w: 2 pad_out_h: true pad_out_w: true", (3, 5)),
    ("scale: 2 upsample_h: 5 upsample_w: 7", (5, 7)),
]


@pytest.mark.parametrize(("param", "size"), CASES)
def test_numbers_go_where_the_mask_says(make_layer, rng, param, size):
    shape = (2, 3, 2, 3)
    mask = mask_for(rng, shape, size[0] * size[1])
    layer, bottom, (y,) = make_layer(upsample(param), shape, mask)
    layer.forward(bottom, [y])
    expected = np.zeros((2, 3, size[0] * size[1]))
    for n, c, h, w in np.ndindex(shape):
        expected[n, c, int(mask[n, c, h, w])] = bottom[0].data[n, c, h, w]
    np.testing.assert_array_equal(y.data, expected.reshape(2, 3, *size))
    check_gradients(layer, bottom, [y])


def test_it_undoes_a_pooling(make_layer, rng):
    x = rng.uniform(1, 2, (1, 2, 4, 4))
    pool = 'type: "Pooling" top: "y" top: "mask" pooling_param { kernel_size: 2 stride: 2 }'
    pooling, bottom, (y, mask) = make_layer(pool, x, tops=2)
    pooling.forward(bottom, [y, mask])
    layer, bottom, (back,) = make_layer(upsample(), y.data, mask.data)
    layer.forward(bottom, [back])
    largest = x.reshape(1, 2, 2, 2, 2, 2).max(axis=(3, 5), keepdims=True)
    kept = np.where(x.reshape(1, 2, 2, 2, 2, 2) == largest, largest, 0)
    np.testing.assert_array_equal(back.data, kept.reshape(x.shape))


def test_of_two_numbers_at_one_place_the_last_stays(make_layer):
    layer, bottom, top = make_layer(upsample(), [[[[1.0, 2]]]], [[[[3.0, 3]]]])
    layer.forward(bottom, top)
    assert top[0].data.ravel().tolist() == [0, 0, 0, 2, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("param", "scales"), [("scale: 2", (2, 2)), ("scale: 3 scale_w: 1", (3, 1)), ("", (1, 1))]
)
def test_without_a_mask_numbers_are_repeated(make_layer, param, scales):
    layer, (x,), (y,) = make_layer(upsample(param), (2, 3, 2, 3))
    layer.forward([x], [y])
    expected = x.data.repeat(scales[0], axis=2).repeat(scales[1], axis=3)
    np.testing.assert_array_equal(y.data, expected)
    check_gradients(layer, [x], [y])


@pytest.mark.parametrize(
    ("param", "shapes", "message"),
    [
        ("scale: 0", [(1, 1, 2, 2)], "upsample_param.scale: 0 must be 1 or more"),
        (
            "upsample_h: 4",
            [(1, 1, 2, 2)],
            r"upsample_param.upsample_h: needs a mask as bottom\[1\]",
        ),
        ("pad_out_w: true", [(1, 1, 2, 2)], r"upsample_param.pad_out_w: needs a mask"),
        ("", [(1, 2, 2)], r"needs a bottom \(N, C, H, W\), got shape \(1, 2, 2\)"),
        ("", [(1, 1, 2, 2), (1, 1, 2, 3)], r"the mask, bottom\[1\], has shape \(1, 1, 2, 3\)"),
    ],
)
def test_errors(make_layer, param, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Upsample\): {message}"):
        make_layer(upsample(param), *shapes)


@pytest.mark.parametrize("place", [16, -1, np.nan])
def test_a_place_outside_the_plane_is_named(make_layer, place):
    mask = np.zeros((1, 1, 2, 2))
    mask[0, 0, 1, 0] = place
    layer, bottom, top = make_layer(upsample(), (1, 1, 2, 2), mask)
    message = rf"the mask, bottom\[1\], says {place:g} at \[0, 0, 1, 0\], .*places 0 to 15"
    with pytest.raises(ConfigError, match=message):
        layer.forward(bottom, top)


def test_a_mask_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(upsample(), (1, 1, 1, 1), np.zeros((1, 1, 1, 1)))
    layer.forward(bottom, top)
    layer.propagate_down = [True, True]
    with pytest.raises(ConfigError, match=r"cannot give the mask, bottom\[1\], a gradient"):
        layer.backward(top, bottom)
