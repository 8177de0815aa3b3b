"""Datum: the record of Caffe's databases, an image (or any C x H x W array) and its label."""

import numpy as np
from google.protobuf.message import DecodeError

from ..proto import ConfigError
from ..proto.caffe_pb2 import AnnotatedDatum, Datum
from ..proto.wire import WireError, read_varint
from .image import decode_image

WORTH_A_SEARCH = 1 << 14  # bytes: shorter records are copied in less time

_TAGS_OF_SIZES = b"\x08\x10\x18"  # channels, height, width
_TAG_OF_DATA = 0x22


def parse_datum(value: bytes) -> Datum:
    """The Datum in the bytes of a record; ConfigError if they are something else."""
    try:
        datum = Datum.FromString(value)
    except DecodeError:
        raise ConfigError(f"its {len(value):,} bytes are no Datum, or a truncated one") from None
    if not datum.data and not datum.float_data:
        raise ConfigError(_what_else(value))
    return datum


def open_datum(record: bytes | memoryview) -> tuple[Datum, bytes | memoryview]:
    """The Datum in a record, and its data: if it is long, where it lies, and not in the Datum.

    Raises ConfigError if the record is something else.
    """
    place = place_of_data(record) if len(record) >= WORTH_A_SEARCH else None
    if place:
        tag, start, end = place
        try:
            datum = Datum.FromString(b"".join((record[:tag], record[end:])))
        except DecodeError:
            datum = None
        if datum and not datum.data:
            return datum, record[start:end]
    datum = parse_datum(bytes(record))
    return datum, datum.data


def place_of_data(record: bytes | memoryview) -> tuple[int, int, int] | None:
    """Where the field `data` has its tag, begins and ends; None unless only sizes precede it."""
    position = 0
    try:
        while record[position] in _TAGS_OF_SIZES:
            position += 1
            while record[position] & 128:
                position += 1
            position += 1
        if record[position] != _TAG_OF_DATA:
            return None
        size, start = read_varint(record, position + 1, len(record))
    except (IndexError, WireError):
        return None
    return (position, start, start + size) if start + size <= len(record) else None


def datum_array(
    datum: Datum, color: bool | None = None, data: bytes | memoryview | None = None
) -> np.ndarray:
    """What a Datum holds, (C, H, W): uint8, or float32 if it holds float_data.

    data is what open_datum found beside it.

    An encoded image is decoded; color says whether to 3 channels or 1, None leaves it to the
    image. Raises ConfigError if it does not decode, or holds too few or too many numbers.
    """
    if data is None:
        data = datum.data
    if datum.encoded:
        return decode_image(data, color).transpose(2, 0, 1)
    if data:
        values = np.frombuffer(data, np.uint8)
    else:
        values = np.fromiter(datum.float_data, np.float32, len(datum.float_data))
    shape = (datum.channels, datum.height, datum.width)
    check_count(values.size, shape)
    return values.reshape(shape)


def check_count(count: int, shape: tuple[int, int, int]) -> None:
    """Raise ConfigError unless a Datum of this shape has as many values as it should."""
    c, h, w = shape
    if min(shape) < 0 or count != c * h * w:
        raise ConfigError(
            f"its Datum holds {count:,} values, but is said to have "
            f"channels {c}, height {h} and width {w}"
        )


def _what_else(value: bytes) -> str:
    """Why a message without values is no Datum."""
    try:
        annotated = AnnotatedDatum.FromString(value).HasField("datum")
    except DecodeError:
        annotated = False
    if annotated:
        return "it is an AnnotatedDatum, as made for SSD: read it with an AnnotatedData layer"
    return f"its {len(value):,} bytes hold no image: they are no Datum, or an empty one"
