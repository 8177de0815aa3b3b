import numpy as np
import pytest

from cortado.kernels.onednn import OneDNNError
from cortado.kernels.onednn.descriptors import Descriptor
from cortado.kernels.onednn.memory import ALIGNMENT, Memory, buffer

pytestmark = pytest.mark.usefixtures("needs_onednn")


def test_buffers_start_at_a_cache_line():
    for size in (1, 64, 1000):
        space = buffer(size)
        assert space.nbytes == size
        assert space.ctypes.data % ALIGNMENT == 0


def test_array_shows_own_bytes_in_their_layout():
    memory = Memory(Descriptor.channels_last((2, 3, 4, 5)))
    memory.array[...] = np.arange(120, dtype=np.float32).reshape(2, 3, 4, 5)
    assert memory.array.strides == (240, 4, 60, 12)
    assert memory.array[1, 2, 3, 4] == 119


def test_array_is_the_callers():
    array = np.zeros((2, 3), np.float32)
    memory = Memory(Descriptor.plain((2, 3)), array)
    assert memory.array is array
    other = np.zeros((2, 3), np.float32)
    memory.hold(other)
    assert memory.array is other


def test_strides_of_axes_of_length_one_do_not_matter():
    array = np.zeros((4, 2, 3), np.float32)[:1, :1]
    assert Memory(Descriptor.plain((1, 1, 3)), array).array is array


@pytest.mark.parametrize(
    ("array", "message"),
    [
        ([1.0], "needs a NumPy array, got list"),
        (np.zeros((2, 3)), r"needs float32 of shape \(2, 3\), got float64 of shape \(2, 3\)"),
        (np.zeros((3, 2), "f"), r"needs float32 of shape \(2, 3\), got float32 of shape \(3, 2\)"),
        (np.zeros((3, 2), "f").T, r"an array with strides \(4, 8\) is not"),
        (np.zeros(23, np.uint8), "takes 24 consecutive bytes, got 23"),
        (np.zeros(48, np.uint8)[::2], "takes 24 consecutive bytes, got 24"),
    ],
    ids=["list", "dtype", "shape", "strides", "few bytes", "scattered bytes"],
)
def test_arrays_that_do_not_fit_are_refused(array, message):
    with pytest.raises(OneDNNError, match=message):
        Memory(Descriptor.plain((2, 3)), array)


def test_results_do_not_go_to_read_only_arrays():
    array = np.zeros((2, 3), np.float32)
    array.flags.writeable = False
    memory = Memory(Descriptor.plain((2, 3)), array)
    with pytest.raises(OneDNNError, match="cannot go to a read-only array"):
        memory.will_be_written()
    memory.hold(np.zeros((2, 3), np.float32))
    memory.will_be_written()
    with pytest.raises(OneDNNError, match="cannot go to a read-only array"):
        memory.hold(array)


def test_memory_needs_a_layout():
    with pytest.raises(OneDNNError, match="is not known yet"):
        Memory(Descriptor.unspecified((2, 3)))
