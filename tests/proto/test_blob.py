import numpy as np
import pytest

from cortado.proto import ConfigError, array_to_blob, blob_to_array
from cortado.proto.blob import decode_blob, encode_blob
from cortado.proto.caffe_pb2 import DOUBLE, FLOAT, FLOAT16, INT, BlobProto
from cortado.proto.wire import WireError

ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)


def decode(data):
    return decode_blob(data, 0, len(data))


@pytest.mark.parametrize("shape", [(), (1,), (5,), (0,), (2, 3), (2, 3, 4, 5), (1, 2, 1, 2, 1)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_are_read_back(rng, shape, dtype):
    array = np.asarray(rng.standard_normal(shape), dtype)
    again = blob_to_array(array_to_blob(array))
    assert again.shape == shape
    assert np.array_equal(again, array)
    assert again.dtype == (dtype if array.size else "float32")


def test_a_blob_has_the_fields_that_caffe_writes():
    assert array_to_blob(ARRAY) == BlobProto(shape={"dim": [2, 3]}, data=range(6))
    double = BlobProto(shape={"dim": [2, 3]}, double_data=range(6))
    assert array_to_blob(ARRAY.astype(np.float64)) == double


def test_other_numbers_become_float32():
    assert array_to_blob(np.array([1, 2], np.uint8)) == BlobProto(shape={"dim": [2]}, data=[1, 2])


def test_arrays_need_not_be_contiguous():
    assert np.array_equal(blob_to_array(array_to_blob(ARRAY.T)), ARRAY.T)


def test_pieces_are_the_bytes_of_the_message():
    blob = BlobProto(shape={"dim": [2, 3]}, data=range(6), diff=range(1, 7))
    assert b"".join(encode_blob(ARRAY, ARRAY + 1)) == blob.SerializeToString()


def test_a_diff_is_read_on_request():
    blob = BlobProto(shape={"dim": [2, 3]}, data=range(6), diff=range(1, 7))
    assert np.array_equal(blob_to_array(blob, diff=True), ARRAY + 1)
    blob = BlobProto(shape={"dim": [2, 3]}, double_data=range(6), double_diff=range(1, 7))
    assert np.array_equal(blob_to_array(blob, diff=True), ARRAY + 1)


def test_a_legacy_shape_has_four_axes():
    blob = array_to_blob(ARRAY, legacy=True)
    assert blob == BlobProto(num=1, channels=1, height=2, width=3, data=range(6))
    array, is_legacy = decode(blob.SerializeToString())
    assert is_legacy
    assert np.array_equal(array, ARRAY[None, None])


def test_a_shape_is_not_legacy():
    assert not decode(array_to_blob(ARRAY).SerializeToString())[1]


def test_the_legacy_shape_goes_first_where_both_are_given():
    blob = BlobProto(num=1, channels=1, height=3, width=2, shape={"dim": [2, 3]}, data=range(6))
    assert blob_to_array(blob).shape == (1, 1, 3, 2)


def test_five_axes_are_too_many_for_a_legacy_shape():
    with pytest.raises(ConfigError, match=r"up to 4 axes; got shape \(1, 1, 1, 1, 1\)"):
        array_to_blob(np.zeros((1, 1, 1, 1, 1)), legacy=True)


def test_doubles_go_before_floats():
    blob = BlobProto(shape={"dim": [1]}, data=[1], double_data=[2])
    assert blob_to_array(blob) == 2
    assert blob_to_array(blob).dtype == np.float64


@pytest.mark.parametrize(("tag", "dtype"), [(b"\x2d", "<f4"), (b"\x41", "<f8")])
def test_numbers_need_not_be_packed(tag, dtype):
    shape = array_to_blob(np.zeros(6)).SerializeToString()[:5]
    values = b"".join(tag + value.tobytes() for value in np.arange(6, dtype=dtype))
    half = 3 * (1 + np.dtype(dtype).itemsize)
    for data in (shape + values, values + shape, values[:half] + shape + values[half:]):
        array, _ = decode(data)
        assert array.tolist() == [0, 1, 2, 3, 4, 5]
        assert array.dtype == dtype


def test_packed_numbers_may_come_in_parts():
    parts = BlobProto(data=[0, 1]).SerializeToString() + BlobProto(data=[2]).SerializeToString()
    assert decode(parts + BlobProto(shape={"dim": [3]}).SerializeToString())[0].tolist() == [
        0,
        1,
        2,
    ]


def test_dims_need_not_be_packed():
    data = b"\x3a\x04\x08\x02\x08\x03" + BlobProto(data=range(6)).SerializeToString()
    assert decode(data)[0].shape == (2, 3)


@pytest.mark.parametrize(
    ("kind", "dtype", "wanted"),
    [(FLOAT16, "<f2", "float32"), (FLOAT, "<f4", "float32"), (DOUBLE, "<f8", "float64")],
)
def test_raw_data_of_nvcaffe(kind, dtype, wanted):
    raw = ARRAY.astype(dtype).tobytes()
    array = blob_to_array(BlobProto(shape={"dim": [2, 3]}, raw_data_type=kind, raw_data=raw))
    assert np.array_equal(array, ARRAY)
    assert array.dtype == wanted


@pytest.mark.parametrize(
    ("blob", "problem"),
    [
        (BlobProto(shape={"dim": [2]}, data=[1]), r"its shape is (2,), but it holds 1 values"),
        (BlobProto(data=[1, 2]), "its shape is (), but it holds 2 values"),
        (BlobProto(shape={"dim": [-1, -2]}, data=[1, 2]), "its shape is (-1, -2), but it holds 2"),
        (BlobProto(num=1, data=[1]), "its shape is (1, 0, 0, 0), but it holds 1 values"),
        (BlobProto(shape={"dim": [0, 2**62, 2**62]}), "is too large"),
        (BlobProto(shape={"dim": [1] * 100}, data=[1]), "is too large"),
        (BlobProto(raw_data_type=INT, raw_data=b"1234"), "only floating point is known"),
        (BlobProto(raw_data_type=FLOAT, raw_data=b"123"), "3 bytes of 4-byte numbers"),
    ],
)
def test_what_contradicts_itself(blob, problem):
    with pytest.raises(WireError) as found:
        decode(blob.SerializeToString())
    assert problem in str(found.value)


def test_packed_numbers_must_be_whole():
    with pytest.raises(WireError, match="3 bytes of 4-byte numbers"):
        decode(b"\x2a\x03abc")


def test_a_tag_has_one_spelling():
    with pytest.raises(WireError, match="a tag is longer than it need be"):
        decode(b"\xad\x00" + bytes(4))
