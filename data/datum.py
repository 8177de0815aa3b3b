"""Datum: the record of Caffe's databases, an image (or any C x H x W array) and its label."""

import numpy as np
from google.protobuf.message import DecodeError

from ..proto import ConfigError
from ..proto.caffe_pb2 import AnnotatedDatum, Datum
from .image import decode_image


def parse_datum(value: bytes) -> Datum:
    """The Datum in the bytes of a record; ConfigError if they are something else."""
    try:
        datum = Datum.FromString(value)
    except DecodeError:
        raise ConfigError(f"its {len(value):,} bytes are no Datum, or a truncated one") from None
    if not datum.data and not datum.float_data:
        raise ConfigError(_what_else(value))
    return datum


def datum_array(datum: Datum, color: bool | None = None) -> np.ndarray:
    """What a Datum holds, (C, H, W): uint8, or float32 if it holds float_data.

    An encoded image is decoded; color says whether to 3 channels or 1, None leaves it to the
    image. Raises ConfigError if it does not decode, or holds too few or too many numbers.
    """
    if datum.encoded:
        return decode_image(datum.data, color).transpose(2, 0, 1)
    if datum.data:
        values = np.frombuffer(datum.data, np.uint8)
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
