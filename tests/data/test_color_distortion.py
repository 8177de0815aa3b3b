import cv2
import numpy as np
import pytest

from cortado.data.color_distortion import check_distortion, distort
from cortado.proto import ConfigError
from cortado.proto.caffe_pb2 import DistortionParameter
from cortado.proto.text import parse_text


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (6, 5, 3), dtype=np.uint8)


def param(text):
    message = DistortionParameter()
    parse_text(text, message)
    check_distortion(message)
    return message


def test_without_probabilities_nothing_changes(image, rng):
    text = "brightness_delta: 9 contrast_upper: 2 hue_delta: 9 saturation_upper: 2"
    assert distort(image, param(text), rng) is image


def test_brightness_adds_one_number_to_all(image, rng):
    for _ in range(5):
        found = distort(image, param("brightness_prob: 1 brightness_delta: 20"), rng).astype(int)
        change = found - image
        inside = (found > 0) & (found < 255)
        assert len(np.unique(change[inside])) == 1
        assert abs(change).max() <= 20


def test_contrast_multiplies_and_rounds(image, rng):
    for _ in range(10):  # first or last, but once
        text = "contrast_prob: 1 contrast_lower: 0.5 contrast_upper: 0.5"
        np.testing.assert_array_equal(distort(image, param(text), rng), np.rint(image * 0.5))
    found = distort(image, param("contrast_prob: 1 contrast_lower: 2 contrast_upper: 2"), rng)
    np.testing.assert_array_equal(found, np.minimum(image * 2.0, 255))


def test_saturation_0_is_gray(image, rng):
    found = distort(image, param("saturation_prob: 1"), rng)
    assert (found == found[..., :1]).all()
    np.testing.assert_array_equal(found.max(axis=2), image.max(axis=2))


def test_hue_turns_colors_and_keeps_their_brightness(image, rng):
    found = distort(image, param("hue_prob: 1 hue_delta: 30"), rng)
    assert (found != image).any()
    before, after = (cv2.cvtColor(x, cv2.COLOR_BGR2HSV).astype(int) for x in (image, found))
    assert abs(before[..., 2] - after[..., 2]).max() <= 2


def test_channels_may_change_places(image, rng):
    orders = set()
    for _ in range(40):
        found = distort(image, param("random_order_prob: 1"), rng)
        order = [int((found == image[..., i, None]).all(axis=(0, 1)).argmax()) for i in range(3)]
        assert sorted(order) == [0, 1, 2]
        orders.add(tuple(order))
    assert len(orders) == 6


def test_contrast_comes_first_or_last(image):
    """Brightness 200 and contrast 0.5: half of the cut sum, or the sum of the half."""
    text = (
        "brightness_prob: 1 brightness_delta: 100 contrast_prob: 1 contrast_lower: 0.5 "
        "contrast_upper: 0.5 saturation_prob: 1 saturation_lower: 1 saturation_upper: 1"
    )
    results = {distort(image, param(text), np.random.default_rng(seed)).max() for seed in range(20)}
    assert len(results) > 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("brightness_delta: -1", "brightness_delta: -1 must be 0 or more"),
        ("hue_delta: -2", "hue_delta: -2 must be"),
        (
            "contrast_lower: 2 contrast_upper: 1",
            "needs 0 <= contrast_lower <= contrast_upper, got 2 and 1",
        ),
        ("saturation_lower: -1", "needs 0 <= saturation_lower <= .*got -1 and 0"),
    ],
)
def test_ranges_that_are_none_are_named(text, message):
    with pytest.raises(ConfigError, match=rf"transform_param.distort_param[.:] ?{message}"):
        param(text)


@pytest.mark.parametrize("image", [np.zeros((2, 2, 1), np.uint8), np.zeros((2, 2, 3), np.float32)])
def test_only_color_images_can_be_distorted(image, rng):
    with pytest.raises(ConfigError, match="needs images of 3 channels of 8 bits, got"):
        distort(image, param(""), rng)
