import re

import numpy as np
import pytest

from cortado.core import Window
from cortado.kernels.onednn import OneDNNError, PlanningError
from cortado.kernels.onednn.descriptors import Descriptor
from cortado.kernels.onednn.enumerators import Argument
from cortado.kernels.onednn.operations.convolution import convolution

pytestmark = pytest.mark.usefixtures("needs_onednn")


def test_plain_is_what_numpy_makes():
    for shape in [(3,), (2, 3), (2, 3, 4, 5), (2, 1, 3, 4, 5, 2)]:
        for dtype in ("float32", "int32", "uint8"):
            descriptor, array = Descriptor.plain(shape, dtype), np.empty(shape, dtype)
            assert descriptor.shape == shape
            assert descriptor.dtype == array.dtype
            assert descriptor.bytes == array.nbytes
            strides = tuple(stride // array.itemsize for stride in array.strides)
            assert descriptor.strides == strides
    assert Descriptor.plain((2, 3, 4, 5)).layout == "abcd"


def test_channels_last_runs_through_the_channels_fastest():
    assert Descriptor.channels_last((2, 3, 4, 5)).strides == (60, 1, 15, 3)
    assert Descriptor.channels_last((2, 3, 4, 5)).layout == "acdb"
    assert Descriptor.channels_last((2, 3, 4)).layout == "acb"


def test_equal_means_exchangeable():
    plain = Descriptor.plain((2, 3, 4, 5))
    assert plain == Descriptor.plain((2, 3, 4, 5))
    assert plain != Descriptor.channels_last((2, 3, 4, 5))
    assert plain != Descriptor.plain((2, 3, 4, 5), "int32")
    assert plain != Descriptor.plain((2, 3, 20))
    assert plain != "abcd"
    assert Descriptor.plain((2, 1, 4, 5)) == Descriptor.channels_last((2, 1, 4, 5))


def test_unspecified_has_no_layout_yet():
    descriptor = Descriptor.unspecified((2, 3))
    assert descriptor.is_unspecified
    assert descriptor.strides is None
    assert descriptor.layout == "any"
    assert descriptor.bytes == 0


def test_a_blocked_layout_is_told_in_letters():
    x, filters = Descriptor.unspecified((1, 64, 8, 8)), Descriptor.unspecified((64, 64, 3, 3))
    window = Window((3, 3), (1, 1), (1, 1), (1, 1))
    chosen = convolution.forward(x, filters, None, x, window).arguments()[Argument.FILTERS]
    if chosen.strides is not None:
        pytest.skip("oneDNN blocks nothing on this processor")
    assert re.fullmatch(r"[A-Da-d]{4}(\d+[a-d])+", chosen.layout)
    assert repr(chosen) == f"Descriptor((64, 64, 3, 3), float32, {chosen.layout})"


def test_a_region_keeps_the_strides_of_the_whole():
    region = Descriptor.plain((2, 8, 4)).region((2, 3, 4), (0, 5, 0))
    assert region.shape == (2, 3, 4)
    assert region.strides == (32, 4, 1)


@pytest.mark.parametrize("start", [(0, 6, 0), (0, -1, 0)])
def test_a_region_stays_inside(start):
    with pytest.raises(OneDNNError, match=r"\(2, 3, 4\) at .* leaves the shape \(2, 8, 4\)"):
        Descriptor.plain((2, 8, 4)).region((2, 3, 4), start)


def test_what_the_library_lacks_is_declined():
    with pytest.raises(PlanningError, match="float32, int32, int8, uint8, not float64"):
        Descriptor.plain((2, 3), "float64")
    with pytest.raises(PlanningError, match="1 to 12 axes, not 13"):
        Descriptor.plain((1,) * 13)
    with pytest.raises(PlanningError, match="1 to 12 axes, not 0"):
        Descriptor.unspecified(())
    with pytest.raises(PlanningError, match=r"\(2, 0\) has no elements"):
        Descriptor.plain((2, 0))
