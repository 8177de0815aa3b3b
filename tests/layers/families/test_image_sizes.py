import numpy as np
import pytest

from cortado.layers.families.image_sizes import NamedSize, read_name_sizes, to_pixels
from cortado.proto import ConfigError
from cortado.proto.caffe_pb2 import ResizeParameter

WIDE, HIGH = NamedSize("wide", 50, 200), NamedSize("high", 200, 50)
BOX = np.array([[0.25, 0.25, 0.5, 2]])


def resize(mode, **more):
    return ResizeParameter(
        resize_mode=ResizeParameter.Resize_mode.Value(mode), height=100, width=100, **more
    )


@pytest.mark.parametrize("param", [None, resize("WARP"), resize("FIT_SMALL_SIZE")])
def test_boxes_are_scaled_and_cut_to_the_image(param):
    np.testing.assert_allclose(to_pixels(BOX, WIDE, param), [[50, 12.5, 100, 50]])


def test_padding_is_taken_off():
    param = resize("FIT_LARGE_SIZE_AND_PAD")
    # The image is the middle quarter of what the net saw: from 0.375 to 0.625.
    box = np.array([[0.25, 0.4375, 0.5, 0.5], [0, 0, 1, 1]])
    np.testing.assert_allclose(to_pixels(box, WIDE, param), [[50, 12.5, 100, 25], [0, 0, 200, 50]])
    box = np.array([[0.4375, 0.25, 0.5, 0.5]])
    np.testing.assert_allclose(to_pixels(box, HIGH, param), [[12.5, 50, 25, 100]])


def test_boxes_may_be_fractions_of_a_scale_of_their_own():
    param = resize("FIT_SMALL_SIZE", height_scale=40, width_scale=80)
    np.testing.assert_allclose(to_pixels(BOX, WIDE, param), [[20, 10, 40, 50]])


def test_padding_needs_a_size():
    param = ResizeParameter(resize_mode=ResizeParameter.FIT_LARGE_SIZE_AND_PAD)
    with pytest.raises(ConfigError, match="resize_param: height and width must be above 0"):
        to_pixels(BOX, WIDE, param)


def test_names_may_have_spaces(tmp_path):
    path = tmp_path / "sizes.txt"
    path.write_text("a b 3 4\n\nc 5 6\n")
    assert read_name_sizes(str(path)) == [NamedSize("a b", 3, 4), NamedSize("c", 5, 6)]
