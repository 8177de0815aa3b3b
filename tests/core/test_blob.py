import numpy as np
import pytest

from cortado.core import Blob
from cortado.proto import ConfigError


def test_a_new_blob_is_zero_and_has_no_diff_yet():
    blob = Blob((2, 3), "float64")
    assert blob.data.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert blob.data.dtype == np.float64
    assert not blob.has_diff
    assert blob.diff.shape == (2, 3)
    assert blob.has_diff


def test_data_is_live():
    blob = Blob((2, 2))
    blob.data[...] = 3
    blob.data[0, 1] += 1
    assert blob.data.tolist() == [[3, 4], [3, 3]]


def test_a_scalar_holds_one_number():
    assert Blob(()).count == 1
    assert Blob(()).data.shape == ()


@pytest.mark.parametrize("arguments", [(4, 2), ((4, 2),), ([4, 2],), (np.int64(4), 2)])
def test_reshape_takes_numbers_or_a_sequence(arguments):
    blob = Blob()
    blob.reshape(*arguments)
    assert blob.shape == (4, 2)
    assert blob.data.shape == (4, 2)


def test_a_smaller_shape_keeps_the_buffer():
    blob = Blob((4, 3))
    blob.data[...] = np.arange(12).reshape(4, 3)
    blob.reshape(2, 3)
    assert blob.data.tolist() == [[0, 1, 2], [3, 4, 5]]
    blob.data[...] = 7
    blob.reshape(4, 3)
    assert blob.data[:2].tolist() == [[7, 7, 7]] * 2
    assert blob.data[2:].tolist() == [[6, 7, 8], [9, 10, 11]]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, -1), r"cannot have shape \(2, -1\): sizes are 0 or more"),
        ((1,) * 33, "cannot have 33 axes; 32 are allowed"),
        ((2**16, 2**15), r"\(65536, 32768\): these are 2,147,483,648 numbers, and 2,147,483,647"),
    ],
)
def test_shapes_that_caffe_refuses_are_refused(shape, message):
    blob = Blob((2, 3))
    with pytest.raises(ConfigError, match=message):
        blob.reshape(shape)
    assert blob.data.shape == (2, 3)


def test_shared_data_is_seen_in_the_own_shape():
    source, view = Blob((2, 3)), Blob((6,))
    view.share_data(source)
    source.data[...] = [[1, 2, 3], [4, 5, 6]]
    assert view.data.tolist() == [1, 2, 3, 4, 5, 6]
    view.data[0] = 9
    assert source.data[0, 0] == 9
    assert view.diff is not source.diff


def test_sharing_follows_the_source_when_it_moves():
    source, view = Blob((2,)), Blob((2,))
    view.share_data(source)
    flat = np.zeros(2, np.float32)
    source.bind(flat)
    flat[...] = [1, 2]
    assert view.data.tolist() == [1, 2]


def test_bind_takes_the_values_along():
    blob = Blob((2, 2))
    blob.data[...] = [[1, 2], [3, 4]]
    data, diff = np.zeros(4, np.float32), np.zeros(4, np.float32)
    blob.bind(data, diff)
    assert data.tolist() == [1, 2, 3, 4]
    blob.diff[1, 1] = 5
    assert diff.tolist() == [0, 0, 0, 5]


def test_legacy_names_of_the_sizes():
    blob = Blob((2, 3))
    assert (blob.num, blob.channels, blob.height, blob.width) == (2, 3, 1, 1)
    with pytest.raises(ValueError, match="at most 4 axes"):
        _ = Blob((1, 1, 1, 1, 1)).num
