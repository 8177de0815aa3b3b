import numpy as np
import pytest

from cortado.core.boxes import UNIT
from cortado.data.image_resize import (
    check_resize,
    extrapolated_boxes,
    resize,
    resized_boxes,
    resized_size,
)
from cortado.proto import ConfigError
from cortado.proto.caffe_pb2 import ResizeParameter
from cortado.proto.text import parse_text

BOX = np.array([[0.25, 0.5, 0.75, 1.5]], np.float32)


def param(text):
    message = ResizeParameter()
    parse_text(text, message)
    check_resize(message)
    return message


def gray(height, width, value=100):
    return np.full((height, width, 3), value, np.uint8)


@pytest.mark.parametrize(
    ("mode", "size", "expected"),
    [
        ("WARP", (10, 20), (8, 12)),
        ("FIT_LARGE_SIZE_AND_PAD", (10, 20), (8, 12)),
        ("FIT_SMALL_SIZE", (10, 20), (8, 16)),
        ("FIT_SMALL_SIZE", (20, 10), (24, 12)),
    ],
)
def test_sizes(mode, size, expected):
    asked = param(f"resize_mode: {mode} height: 8 width: 12")
    assert resized_size(size, asked) == expected
    for channels in (1, 3):
        assert resize(np.zeros((*size, channels), np.uint8), asked).shape == (*expected, channels)


@pytest.mark.parametrize(
    ("size", "rows", "columns"), [((10, 20), (1, 7), (0, 12)), ((20, 5), (0, 8), (5, 7))]
)
def test_what_is_left_is_padded_on_both_sides(size, rows, columns):
    asked = param("resize_mode: FIT_LARGE_SIZE_AND_PAD height: 8 width: 12 pad_value: [10, 20, 30]")
    found = resize(gray(*size), asked)
    inside = np.zeros((8, 12), bool)
    inside[slice(*rows), slice(*columns)] = True
    assert (found[inside] == 100).all()
    assert (found[~inside] == [10, 20, 30]).all()


@pytest.mark.parametrize("mode", ["MIRRORED", "REPEAT_NEAREST"])
def test_padding_may_repeat_the_image(mode):
    asked = param(f"resize_mode: FIT_LARGE_SIZE_AND_PAD height: 8 width: 12 pad_mode: {mode}")
    assert (resize(gray(10, 20), asked) == 100).all()


def test_one_pad_value_is_for_all_channels_and_none_is_0():
    text = "resize_mode: FIT_LARGE_SIZE_AND_PAD height: 8 width: 12"
    assert (resize(gray(8, 4), param(text))[:, 0] == 0).all()
    assert (resize(gray(8, 4), param(text + " pad_value: 7"))[:, 0] == 7).all()


def test_of_several_interpolations_one_is_drawn(rng):
    image = rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    each = [
        resize(image, param(f"height: 5 width: 5 interp_mode: {mode}"))
        for mode in ("LINEAR", "AREA", "NEAREST", "CUBIC", "LANCZOS4")
    ]
    assert len({found.tobytes() for found in each}) == 5
    both = param("height: 5 width: 5 interp_mode: NEAREST interp_mode: AREA")
    drawn = {resize(image, both, rng).tobytes() for _ in range(30)}
    assert drawn == {each[1].tobytes(), each[2].tobytes()}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("WARP", [0.25, 0.5, 0.75, 1]),
        ("FIT_SMALL_SIZE", [0.25, 0.5, 0.75, 1]),
        ("FIT_LARGE_SIZE_AND_PAD", [0.25, 0.5, 0.75, 0.875]),
    ],
)
def test_boxes_follow_the_image(mode, expected):
    asked = param(f"resize_mode: {mode} height: 8 width: 12")
    # 10 x 20 becomes 6 x 12, with a row above and below.
    np.testing.assert_allclose(resized_boxes(BOX, (10, 20), asked), [expected], rtol=1e-6)


def test_boxes_of_a_high_image_follow_it():
    asked = param("resize_mode: FIT_LARGE_SIZE_AND_PAD height: 8 width: 12")
    np.testing.assert_allclose(
        resized_boxes(BOX, (16, 12), asked), [[0.375, 0.5, 0.625, 1]], rtol=1e-6
    )


def test_fit_small_size_may_measure_in_a_scale_of_its_own():
    asked = param("resize_mode: FIT_SMALL_SIZE height: 8 width: 12 height_scale: 4 width_scale: 4")
    box = BOX.clip(0, 1)
    # 10 x 20 becomes 8 x 16: 2 and 4 times the scale.
    np.testing.assert_allclose(extrapolated_boxes(box, (10, 20), asked), [[1, 1, 3, 2]])
    window = np.array([0, 0, 0.5, 1], np.float32)
    np.testing.assert_allclose(extrapolated_boxes(box, (10, 20), asked, window), [[0.5, 1, 1.5, 2]])
    plain = param("resize_mode: WARP height: 8 width: 12 height_scale: 4 width_scale: 4")
    assert extrapolated_boxes(box, (10, 20), plain, UNIT) is box


def test_a_size_is_needed():
    with pytest.raises(ConfigError, match="resize_param: needs height and width, got 0 and 5"):
        param("width: 5")


def test_pad_values_are_one_or_as_many_as_channels():
    asked = param("resize_mode: FIT_LARGE_SIZE_AND_PAD height: 8 width: 8 pad_value: [1, 2]")
    with pytest.raises(ConfigError, match="pad_value: 2 values for 3 channels"):
        resize(gray(4, 8), asked)
