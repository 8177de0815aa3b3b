import cv2
import numpy as np
import pytest

from cortado.data.datum import WORTH_A_SEARCH, datum_array, open_datum, parse_datum
from cortado.proto import ConfigError
from cortado.proto.caffe_pb2 import AnnotatedDatum, Datum


def encoded(image, extension=".png"):
    return Datum(encoded=True, data=cv2.imencode(extension, image)[1].tobytes())


def test_bytes_are_channels_rows_columns():
    datum = Datum(channels=2, height=1, width=3, data=bytes(range(6)), label=4)
    array = datum_array(parse_datum(datum.SerializeToString()))
    assert array.dtype == np.uint8
    assert array.tolist() == [[[0, 1, 2]], [[3, 4, 5]]]


def test_float_data():
    datum = Datum(channels=1, height=2, width=1, float_data=[0.5, -3])
    array = datum_array(parse_datum(datum.SerializeToString()))
    assert array.dtype == np.float32
    assert array.tolist() == [[[0.5], [-3]]]


def test_an_encoded_colour_image_is_blue_green_red():
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    np.testing.assert_array_equal(datum_array(encoded(image)), image.transpose(2, 0, 1))


@pytest.mark.parametrize(("color", "channels"), [(None, 1), (True, 3), (False, 1)])
def test_a_grey_image_has_the_channels_asked_for(color, channels):
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    array = datum_array(encoded(image), color)
    assert array.shape == (channels, 3, 4)
    np.testing.assert_array_equal(array, np.broadcast_to(image, array.shape))


def test_a_colour_image_can_be_read_as_grey():
    image = encoded(np.full((2, 2, 3), 9, np.uint8))
    assert datum_array(image, False).tolist() == [[[9, 9], [9, 9]]]


@pytest.mark.parametrize("value", [b"\xff\xff", b"\x22\x10abc"])
def test_bytes_that_are_no_datum(value):
    with pytest.raises(ConfigError, match=f"its {len(value)} bytes are no Datum, or a truncated"):
        parse_datum(value)


def test_a_datum_without_values_is_refused():
    with pytest.raises(ConfigError, match="hold no image: they are no Datum, or an empty one"):
        parse_datum(Datum(channels=3, height=2, width=2).SerializeToString())


def test_an_annotated_datum_is_recognized():
    value = AnnotatedDatum(datum=Datum(channels=1, data=b"x")).SerializeToString()
    with pytest.raises(ConfigError, match="AnnotatedDatum, as made for SSD: .*AnnotatedData layer"):
        parse_datum(value)


@pytest.mark.parametrize(
    "fields", [{"data": b"12345"}, {"data": b"1234567"}, {"float_data": [1] * 5}]
)
def test_a_wrong_number_of_values_is_named(fields):
    datum = Datum(channels=1, height=2, width=3, **fields)
    with pytest.raises(ConfigError, match=r"holds [57] values, .*channels 1, height 2 and width 3"):
        datum_array(datum)


def test_negative_sizes_are_refused():
    with pytest.raises(ConfigError, match="holds 4 values, .*height -2"):
        datum_array(Datum(channels=1, height=-2, width=-2, data=b"1234"))


def test_an_image_that_does_not_decode_is_named():
    with pytest.raises(ConfigError, match="its 9 bytes are no image that OpenCV can decode"):
        datum_array(Datum(encoded=True, data=b"not a png"))


def test_sixteen_bits_are_refused_unless_reduced():
    datum = encoded(np.full((2, 2), 700, np.uint16))
    with pytest.raises(ConfigError, match="16 bits per channel; only 8.*force_color or force_gray"):
        datum_array(datum)
    assert datum_array(datum, False).dtype == np.uint8


LARGE = WORTH_A_SEARCH


@pytest.mark.parametrize("kind", [bytes, memoryview])
def test_large_data_stays_where_it_is(kind):
    datum = Datum(channels=1, height=LARGE, width=1, data=bytes(LARGE), label=7, encoded=True)
    record = kind(datum.SerializeToString())
    opened, data = open_datum(record)
    assert (opened.data, opened.label, opened.height, opened.encoded) == (b"", 7, LARGE, True)
    assert data == datum.data
    if kind is memoryview:
        assert data.obj is record.obj


@pytest.mark.parametrize(
    "datum", [Datum(data=b"123", label=2), Datum(float_data=[1.5] * LARGE, label=2)]
)
def test_other_datums_are_opened_as_a_whole(datum):
    assert open_datum(memoryview(datum.SerializeToString())) == (datum, datum.data)


def test_the_last_of_two_data_counts():
    record = b"".join(Datum(data=letter * LARGE).SerializeToString() for letter in (b"a", b"b"))
    assert open_datum(record)[1] == b"b" * LARGE


@pytest.mark.parametrize(
    "damage", [lambda r: r[:-1], lambda r: r + b"\xff", lambda r: b"\xff" + r, lambda r: r[:4]]
)
def test_large_bytes_that_are_no_datum(damage):
    record = damage(Datum(channels=1, data=bytes(2 * LARGE)).SerializeToString())
    with pytest.raises(ConfigError, match=r"bytes are no Datum, or a truncated one"):
        open_datum(record)
