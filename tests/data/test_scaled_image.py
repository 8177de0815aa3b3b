import cv2
import numpy as np
import pytest

from cortado.data.scaled_image import read_scaled


@pytest.fixture
def path(tmp_path):
    image = np.random.default_rng(3).integers(0, 256, (20, 30, 3)).astype("uint8")
    image = cv2.GaussianBlur(image, (0, 0), 3)
    cv2.imwrite(str(tmp_path / "image.png"), image)
    return str(tmp_path / "image.png")


@pytest.mark.parametrize(
    ("short_side", "most", "shape"),
    [(40, 100, (3, 40, 60)), (10, 100, (3, 10, 15)), (40, 45, (3, 30, 45)), (20, 30, (3, 20, 30))],
)
def test_the_short_side_is_scaled_unless_the_long_one_gets_too_long(path, short_side, most, shape):
    image, scale = read_scaled(path, (0, 0, 0), short_side, most, False)
    assert image.shape == shape
    assert image.dtype == np.float32
    assert scale == pytest.approx(shape[1] / 20)


def test_means_are_taken_off_channels_in_the_order_blue_green_red(path):
    image, _ = read_scaled(path, (10, 20, 30), 20, 100, False)
    expected = cv2.imread(path).astype("float32") - [10, 20, 30]
    np.testing.assert_allclose(image, expected.transpose(2, 0, 1), rtol=1e-6)


def test_left_and_right_may_be_changed(path):
    straight, _ = read_scaled(path, (1, 2, 3), 20, 100, False)
    flipped, _ = read_scaled(path, (1, 2, 3), 20, 100, True)
    np.testing.assert_array_equal(flipped, straight[:, :, ::-1])
