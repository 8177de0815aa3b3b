import math

import numpy as np
import pytest

from cortado.proto import ConfigError

MAP, IMAGE = (2, 4, 2, 3), (2, 3, 40, 60)


def prior_box(param="min_size: 8"):
    return f'type: "PriorBox" prior_box_param {{ {param} }}'


@pytest.fixture
def boxes(make_layer):
    """boxes(param) -> the (H * W, P, 4) boxes, in pixels of the image, and the variances."""

    def make(param="min_size: 8", image=IMAGE):
        layer, bottom, top = make_layer(prior_box(param), MAP, image)
        layer.forward(bottom, top)
        assert top[0].shape[:2] == (1, 2)
        priors, variances = top[0].data[0].reshape(2, 6, -1, 4)
        height, width = image[2:]
        return priors * [width, height, width, height], variances

    return make


def test_boxes_stand_around_the_centre_of_every_cell_row_by_row(boxes):
    priors, _ = boxes()
    centres = [(x, y) for y in (10, 30) for x in (10, 30, 50)]
    expected = [[[x - 4, y - 4, x + 4, y + 4]] for x, y in centres]
    np.testing.assert_allclose(priors, expected)


def sizes(priors):
    first = priors[0]
    return np.stack([first[:, 2] - first[:, 0], first[:, 3] - first[:, 1]], axis=1)


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ("min_size: 8", [(8, 8)]),
        ("min_size: 8 max_size: 18", [(8, 8), (12, 12)]),
        ("min_size: 4 aspect_ratio: 4", [(4, 4), (8, 2), (2, 8)]),
        ("min_size: 4 aspect_ratio: 4 flip: false", [(4, 4), (8, 2)]),
        ("min_size: 4 max_size: 9 aspect_ratio: 4", [(4, 4), (6, 6), (8, 2), (2, 8)]),
        (
            "min_size: 4 aspect_ratio: 4 aspect_ratio: 0.25 aspect_ratio: 1",
            [(4, 4), (8, 2), (2, 8)],
        ),
        ("min_size: 2 min_size: 4 max_size: 8 max_size: 9", [(2, 2), (4, 4), (4, 4), (6, 6)]),
        ("min_size: 8.9 max_size: 18.7", [(8, 8), (12, 12)]),
    ],
)
def test_the_boxes_of_a_cell(boxes, param, expected):
    np.testing.assert_allclose(sizes(boxes(param)[0]), expected, rtol=1e-12)


def test_an_aspect_ratio_is_width_to_height_at_the_same_area(boxes):
    _, wide, high = sizes(boxes("min_size: 6 aspect_ratio: 3")[0])
    np.testing.assert_allclose(wide, [6 * math.sqrt(3), 6 / math.sqrt(3)])
    np.testing.assert_allclose(high, wide[::-1])


@pytest.mark.parametrize(
    ("param", "corner"),
    [
        ("step: 16", (8, 8)),
        ("step_h: 16 step_w: 12", (6, 8)),
        ("offset: 0.25", (5, 5)),
        ("step: 8 offset: 0", (0, 0)),
        ("img_size: 120", (20, 30)),
        ("img_h: 20 img_w: 90", (15, 5)),
    ],
)
def test_where_the_first_cell_is(make_layer, param, corner):
    layer, bottom, top = make_layer(prior_box(f"min_size: 8 {param}"), MAP, IMAGE)
    layer.forward(bottom, top)
    sizes = {"img_size: 120": (120, 120), "img_h: 20 img_w: 90": (90, 20)}.get(param, (60, 40))
    x1, y1, x2, y2 = top[0].data[0, 0, :4]
    np.testing.assert_allclose(
        [(x1 + x2) / 2 * sizes[0], (y1 + y2) / 2 * sizes[1]], corner, atol=1e-12
    )
    np.testing.assert_allclose((x2 - x1) * sizes[0], 8)


def test_clip_cuts_boxes_to_the_image(make_layer):
    found = []
    for clip in ("false", "true"):
        layer, bottom, top = make_layer(prior_box(f"min_size: 80 clip: {clip}"), MAP, IMAGE)
        layer.forward(bottom, top)
        found.append(top[0].data[0, 0])
    whole, cut = found
    assert whole.min() < 0
    assert whole.max() > 1
    np.testing.assert_array_equal(cut, whole.clip(0, 1))


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ("", [0.1] * 4),
        ("variance: 0.3", [0.3] * 4),
        ("variance: [0.1, 0.2, 0.3, 0.4]", [0.1, 0.2, 0.3, 0.4]),
    ],
)
def test_every_box_has_four_variances(boxes, param, expected):
    _, variances = boxes(f"min_size: 8 aspect_ratio: 2 {param}")
    np.testing.assert_allclose(variances, np.broadcast_to(expected, (6, 3, 4)), rtol=1e-6)


def test_another_size_of_map_makes_other_boxes(make_layer):
    layer, bottom, top = make_layer(prior_box(), MAP, IMAGE)
    bottom[0].reshape(2, 4, 1, 1)
    layer.reshape(bottom, top)
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data[0, 0] * [60, 40, 60, 40], [26, 16, 34, 24])


def test_it_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(prior_box(), MAP, IMAGE)
    assert not any(layer.allows_force_backward(i) for i in (0, 1))
    layer.propagate_down = [True, False]
    bottom[0].diff[...] = 7
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()
    assert not bottom[1].has_diff


@pytest.mark.parametrize(
    ("param", "message"),
    [
        ("", r"min_size: is required; give one size"),
        ("min_size: 0", r"min_size: \[0.0\]; give one size in pixels or more, above 0"),
        ("min_size: 8 max_size: [9, 10]", "max_size: has 2 sizes for 1 min_size"),
        ("min_size: 8 max_size: 8", "max_size: 8 must be above its min_size, 8"),
        ("min_size: 8 aspect_ratio: 0", "aspect_ratio: 0 must be above 0"),
        ("min_size: 8 variance: [0.1, 0.2]", r"variance: .* one number or four, above 0"),
        ("min_size: 8 variance: 0", r"variance: \[0.0\] must be"),
        ("min_size: 8 step: 4 step_h: 4", "step and step_h given; set step, or step_h and step_w"),
        ("min_size: 8 img_w: 4", "img_w given; set img_size, or img_h and img_w"),
        ("min_size: 8 step: 0", r"step: \[0.0\] must be above 0"),
        ("min_size: 8 density: 2", "density: is FaceBoxes's, and not supported"),
    ],
)
def test_what_is_missing_or_wrong_is_named(make_layer, param, message):
    with pytest.raises(
        ConfigError, match=rf"layer 'it' \(PriorBox\): prior_box_param[.:] ?{message}"
    ):
        make_layer(prior_box(param), MAP, IMAGE)


@pytest.mark.parametrize("i", [0, 1])
def test_bottoms_are_maps(make_layer, i):
    shapes = [MAP, IMAGE]
    shapes[i] = (2, 3)
    with pytest.raises(
        ConfigError, match=rf"bottom\[{i}\] must be \(N, C, H, W\), got shape \(2, 3\)"
    ):
        make_layer(prior_box(), *shapes)
