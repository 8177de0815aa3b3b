import numpy as np
import pytest

from cortado.kernels.cudnn import PlanningError, Tensor


def strides_of(array):
    return tuple(step // array.itemsize for step in array.strides)


def test_strides_are_those_of_numpy():
    plain = np.zeros((2, 3, 5, 7), np.float32)
    assert Tensor.plain((2, 3, 5, 7)).strides == strides_of(plain)
    last = np.zeros((2, 5, 7, 3), np.float32).transpose(0, 3, 1, 2)
    assert Tensor.channels_last((2, 3, 5, 7)).strides == strides_of(last)
    volume = np.zeros((2, 5, 7, 9, 3), np.float32).transpose(0, 4, 1, 2, 3)
    assert Tensor.channels_last((2, 3, 5, 7, 9)).strides == strides_of(volume)


@pytest.mark.parametrize("kind", [Tensor.plain, Tensor.channels_last])
def test_one_axis_is_two_with_height_1(kind):
    image = kind((2, 3, 7), "float16").as_image()
    assert image == kind((2, 3, 1, 7), "float16")


def test_a_matrix_is_an_image_of_one_position():
    image = Tensor.plain((2, 3)).as_image()
    assert image.shape == (2, 3, 1, 1)
    assert image.is_channels_last


def test_strides_of_a_part_stay():
    part = Tensor((2, 3, 7), (100, 1, 4))  # 3 of 4 channels
    assert part.as_image().strides == (100, 1, 28, 4)


def test_two_and_three_axes_stay():
    for shape in (2, 3, 5, 7), (2, 3, 5, 7, 9):
        assert Tensor.plain(shape).as_image() == Tensor.plain(shape)


@pytest.mark.parametrize("shape", [(8, 1, 3, 3), (8, 4, 1, 1)])
def test_filters_of_one_channel_or_tap_need_no_copy(shape):
    x = Tensor.channels_last((2, 8, 5, 5))
    assert Tensor.plain(shape).alike(x) == Tensor.channels_last(shape)
    assert Tensor.plain(shape).alike(Tensor.plain((2, 8, 5, 5))) == Tensor.plain(shape)


def test_filters_that_lie_otherwise_keep_their_strides():
    filters = Tensor.plain((8, 4, 3, 3))
    assert filters.alike(Tensor.channels_last((2, 4, 5, 5))) == filters


def test_an_unknown_dtype_is_declined():
    with pytest.raises(PlanningError, match="Received: dtype=float64"):
        Tensor.plain((2, 3), "float64")
