import cv2
import numpy as np
import pytest

from cortado.data.window_crop import (
    Placement,
    cut_window,
    place_window,
    window_with_context,
)
from cortado.data.window_file import Window
from cortado.proto import ConfigError


def window(x1, y1, x2, y2):
    return Window("image.jpg", 1, 1.0, x1, y1, x2, y2)


def place(box, size=8, context=0, square=False, mirror=False, image_size=(20, 30)):
    return place_window(window(*box), image_size, size, context, square, mirror)


def test_without_context_the_window_fills_the_crop():
    assert place((2, 3, 9, 5)) == Placement(2, 3, 9, 5, 0, 0, 8, 8)


def test_context_is_as_wide_in_the_crop_as_asked_for():
    # The window of 8 x 4 pixels becomes the inner 4 x 4 of the crop: it is doubled around its
    # centre, (12, 10), and corners are inside.
    assert place((8, 8, 15, 11), context=2) == Placement(4, 6, 20, 14, 0, 0, 8, 8)


def test_square_takes_the_longer_side():
    assert place((8, 8, 15, 11), square=True) == Placement(8, 6, 16, 14, 0, 0, 8, 8)


def test_what_reaches_out_of_the_image_stays_empty():
    # Doubled around (2, 2), the window 0 to 3 goes from -2 to 6: 9 pixels, of which 2 are outside.
    placed = place((0, 0, 3, 3), context=2)
    assert placed == Placement(0, 0, 6, 6, 2, 2, 6, 6)
    # At the other corner the crop is filled from its start.
    placed = place((26, 16, 29, 19), context=2)
    assert placed == Placement(24, 14, 29, 19, 0, 0, 5, 5)


def test_a_mirrored_window_has_its_outside_on_the_other_side():
    assert place((0, 0, 3, 3), context=2, mirror=True) == Placement(0, 0, 6, 6, 2, 0, 6, 6)
    assert place((26, 16, 29, 19), context=2, mirror=True) == Placement(24, 14, 29, 19, 0, 3, 5, 5)


def test_cutting_warps_and_mirrors(rng):
    image = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    pixels = cut_window(image, place((2, 3, 9, 5)), False)
    np.testing.assert_array_equal(pixels, cv2.resize(image[3:6, 2:10], (8, 8)))
    mirrored = cut_window(image, place((2, 3, 9, 5)), True)
    np.testing.assert_array_equal(mirrored, pixels[:, ::-1])


@pytest.mark.parametrize("box", [(5, 5, 30, 9), (-1, 5, 9, 9), (5, 9, 9, 5)])
def test_a_window_outside_the_image_is_refused(box):
    with pytest.raises(ConfigError, match="does not lie in the image of height 20 and width 30"):
        cut_window(np.zeros((20, 30, 3), np.uint8), place(box), False)


def test_around_a_window_is_the_image_and_beyond_it_nothing():
    image = np.arange(1.0, 401).reshape(20, 20, 1)
    empty = np.full((8, 8, 1), -1.0)
    # 3 x 3 pixels become the inner 4 x 4 of 8 x 8; doubled, they are 7 x 7, from 7 to 13.
    inner = window_with_context(image, (8, 8, 11, 11), 2, empty)
    np.testing.assert_array_equal(inner[..., 0], cv2.resize(image[7:14, 7:14], (8, 8)))
    corner = window_with_context(image, (0, 0, 4, 4), 2, empty)
    assert (corner[:2] == -1).all()
    assert (corner[:, :2] == -1).all()
    np.testing.assert_array_equal(corner[2:, 2:, 0], cv2.resize(image[:7, :7], (6, 6)))


def test_without_context_the_window_is_all():
    image = np.arange(36.0).reshape(6, 6, 1)
    np.testing.assert_array_equal(
        window_with_context(image, (1, 2, 3, 5), 0, image), image[1:3, 2:5]
    )


@pytest.mark.parametrize("corners", [(0, 0, 7, 3), (0, 2, 3, 2), (-1, 0, 3, 3)])
def test_context_does_not_help_a_window_outside_the_image(corners):
    with pytest.raises(ConfigError, match="does not lie in the image of height 6 and width 6"):
        window_with_context(np.zeros((6, 6, 1)), corners, 1, np.zeros((4, 4, 1)))
