import cv2
import numpy as np
import pytest

from cortado.data.image_noise import add_noise
from cortado.proto import ConfigError
from cortado.proto.caffe_pb2 import NoiseParameter
from cortado.proto.text import parse_text


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)


@pytest.fixture
def noisy(image, rng):
    """noisy(text, image) -> what noise_param makes of it."""

    def add(text, image=image):
        message = NoiseParameter()
        parse_text(text, message)
        return add_noise(image, message, rng)

    return add


def test_nothing_is_added_unless_asked_for(noisy, image):
    np.testing.assert_array_equal(noisy(""), image)
    assert noisy("prob: 0 inverse: true") is image


def test_prob_says_how_often(noisy, image):
    changed = [(noisy("prob: 0.5 inverse: true") != image).any() for _ in range(60)]
    assert 15 < sum(changed) < 45


def test_inverse_and_posterize(noisy, image):
    np.testing.assert_array_equal(noisy("inverse: true"), 255 - image)
    np.testing.assert_array_equal(np.unique(noisy("posterize: true")), [32, 96, 160, 224])


def test_decolorize_leaves_gray(noisy, image):
    found = noisy("decolorize: true")
    np.testing.assert_array_equal(found[..., 0], cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    assert (found == found[..., :1]).all()


@pytest.mark.parametrize(
    "text", ["hist_eq: true", "clahe: true", "gauss_blur: true", "erode: true"]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_what_changes_brightness_keeps_the_shape(noisy, image, text, channels):
    dull = image[..., :channels] // 3
    found = noisy(text, dull)
    assert found.shape == dull.shape
    assert (found != dull).any()


def test_equalized_brightness_spans_all_levels(noisy, image):
    found = noisy("hist_eq: true", image[..., :1] // 3)
    assert found.min() == 0
    assert found.max() == 255


def test_jpeg_loses_something(noisy, image):
    found = noisy("jpeg: 30")
    assert found.shape == image.shape
    assert 0 < abs(found.astype(int) - image).mean() < 60


def test_salt_and_pepper(noisy, image):
    found = noisy("saltpepper: true saltpepper_param { fraction: 0.2 value: [1, 2, 3] }")
    changed = (found != image).any(axis=2)
    assert (found[changed] == [1, 2, 3]).all()
    assert 0.1 < changed.mean() <= 0.2
    assert (noisy("saltpepper: true saltpepper_param { fraction: 0.2 }", image)[changed] == 0).any()


def test_other_color_spaces(noisy, image):
    np.testing.assert_array_equal(
        noisy("convert_to_hsv: true"), cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    )
    np.testing.assert_array_equal(
        noisy("convert_to_lab: true"), cv2.cvtColor(image, cv2.COLOR_BGR2Lab)
    )


@pytest.mark.parametrize(
    ("text", "image", "message"),
    [
        ("inverse: true", np.zeros((2, 2, 3), np.float32), "needs images of 8 bits"),
        ("decolorize: true", np.zeros((2, 2, 1), np.uint8), "decolorize: needs images of 3"),
        (
            "saltpepper: true saltpepper_param { value: [1, 2] }",
            np.zeros((2, 2, 3), np.uint8),
            "saltpepper_param.value: 2 values for 3 channels",
        ),
    ],
)
def test_what_does_not_fit_is_named(noisy, text, image, message):
    with pytest.raises(ConfigError, match=rf"transform_param.noise_param[.:] ?{message}"):
        noisy(text, image)
