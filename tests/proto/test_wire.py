import pytest

from cortado.proto.caffe_pb2 import LayerParameter
from cortado.proto.wire import (
    Truncated,
    WireError,
    fields,
    read_varint,
    signed,
    split_before,
    varint,
)


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**31, 2**63, 2**64 - 1])
def test_integers_are_read_back(value):
    data = varint(value)
    assert read_varint(data, 0, len(data)) == (value, len(data))


def test_negative_integers_take_ten_bytes():
    data = varint(-5)
    assert len(data) == 10
    assert signed(read_varint(data, 0, 10)[0]) == -5


def test_fields_tell_number_and_extent():
    data = LayerParameter(name="ab", loss_weight=[1.5], phase=1).SerializeToString()
    found = [(field.number, data[field.start : field.end]) for field in fields(data, 0, len(data))]
    assert found == [(1, b"ab"), (5, b"\0\0\xc0?"), (10, b"\1")]


@pytest.mark.parametrize(
    ("data", "position", "problem"),
    [
        (b"\x00\x01", 0, "a field has number 0"),
        (b"\x0b", 0, "field 1 is of unknown kind 3"),
        (b"\x08" + b"\xff" * 10, 11, "an integer is longer than 10 bytes"),
    ],
)
def test_bytes_that_are_no_field(data, position, problem):
    with pytest.raises(WireError) as found:
        list(fields(data, 0, len(data)))
    assert (found.value.position, found.value.problem) == (position, problem)


@pytest.mark.parametrize(
    "data", [b"\x08", b"\x08\x80", b"\x0a\x05ab", b"\x0d\0\0", b"\x09\0\0\0\0"]
)
def test_a_field_that_goes_on_behind_the_end(data):
    with pytest.raises(Truncated):
        list(fields(data, 0, len(data)))


def test_a_message_is_cut_where_a_number_belongs():
    layer = LayerParameter(name="a", type="ReLU", phase=1)
    below = LayerParameter(name="a", type="ReLU").SerializeToString()
    above = LayerParameter(phase=1).SerializeToString()
    assert split_before(layer.SerializeToString(), 7) == (below, above)
    assert split_before(below, 7) == (below, b"")
    assert split_before(above, 7) == (b"", above)


def test_bits_beyond_the_64th_are_dropped():
    assert read_varint(b"\xff" * 9 + b"\x7f", 0, 10) == (2**64 - 1, 10)
