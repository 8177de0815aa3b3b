"""BlobProto and numpy arrays: weights, histories and means, whatever wrote them."""

import math

import numpy as np

from .caffe_pb2 import DOUBLE, FLOAT, FLOAT16, BlobProto
from .errors import ConfigError
from .wire import (
    FIXED32,
    FIXED64,
    LENGTH,
    VARINT,
    Field,
    WireError,
    header,
    next_field,
    read_varint,
    signed,
    varint,
)

_LEGACY_AXES = 4  # num, channels, height, width are fields 1 to 4
_SHAPE = BlobProto.SHAPE_FIELD_NUMBER
_FLOATS = {False: BlobProto.DATA_FIELD_NUMBER, True: BlobProto.DIFF_FIELD_NUMBER}
_DOUBLES = {False: BlobProto.DOUBLE_DATA_FIELD_NUMBER, True: BlobProto.DOUBLE_DIFF_FIELD_NUMBER}
_RAW = {False: BlobProto.RAW_DATA_FIELD_NUMBER, True: BlobProto.RAW_DIFF_FIELD_NUMBER}
_RAW_TYPE = {
    False: BlobProto.RAW_DATA_TYPE_FIELD_NUMBER,
    True: BlobProto.RAW_DIFF_TYPE_FIELD_NUMBER,
}
_RAW_DTYPES: dict[int, str] = {DOUBLE: "<f8", FLOAT: "<f4", FLOAT16: "<f2"}


def blob_to_array(blob: BlobProto, diff: bool = False) -> np.ndarray:
    """The values of a BlobProto (or its diff) in their shape: float32, or float64 if so stored."""
    data = blob.SerializeToString()
    return decode_blob(data, 0, len(data), diff)[0]


def array_to_blob(array: np.ndarray, legacy: bool = False) -> BlobProto:
    """A BlobProto of an array; legacy writes num, channels, height, width instead of shape."""
    array = np.asarray(array)
    if not legacy:
        return BlobProto.FromString(b"".join(encode_blob(array)))
    if array.ndim > _LEGACY_AXES:
        raise ConfigError(f"a legacy blob has up to 4 axes; got shape {array.shape}")
    num, channels, height, width = (1,) * (_LEGACY_AXES - array.ndim) + array.shape
    blob = BlobProto.FromString(b"".join(encode_blob(array.reshape(-1))))
    blob.ClearField("shape")
    blob.num, blob.channels, blob.height, blob.width = num, channels, height, width
    return blob


def decode_blob(data: bytes, start: int, end: int, diff: bool = False) -> tuple[np.ndarray, bool]:
    """The array of the BlobProto in data[start:end], and whether its shape is the legacy one.

    Arrays look into data where they can, and are read-only then. Raises WireError.
    """
    legacy_shape: dict[int, int] = {}
    shape: list[int] = []
    floats: list[np.ndarray] = []
    doubles: list[np.ndarray] = []
    raw, raw_type = b"", FLOAT
    position = start
    while position < end:
        field = next_field(data, position, end)
        position = field.end
        if field.number == _FLOATS[diff]:
            position = _read_values(data, field, end, "<f4", FIXED32, floats)
        elif field.number == _DOUBLES[diff]:
            position = _read_values(data, field, end, "<f8", FIXED64, doubles)
        elif field.number <= _LEGACY_AXES and field.kind == VARINT:
            legacy_shape[field.number] = signed(read_varint(data, field.start, field.end)[0])
        elif field.number == _SHAPE and field.kind == LENGTH:
            shape += _read_dims(data, field.start, field.end)
        elif field.number == _RAW[diff] and field.kind == LENGTH:
            raw = data[field.start : field.end]
        elif field.number == _RAW_TYPE[diff] and field.kind == VARINT:
            raw_type = read_varint(data, field.start, field.end)[0]
    if legacy_shape:
        shape = [legacy_shape.get(axis, 0) for axis in range(1, _LEGACY_AXES + 1)]
    values = _joined(doubles or floats) if not raw else _raw_values(raw, raw_type, start)
    return _shaped(values, tuple(shape), start), bool(legacy_shape)


def encode_blob(array: np.ndarray, diff: np.ndarray | None = None) -> list:
    """The bytes of a BlobProto as Caffe writes it, in pieces that need no copy to be written."""
    is_double = array.dtype == np.float64
    dtype = "<f8" if is_double else "<f4"
    shape = b"".join(varint(size) for size in array.shape)
    if shape:
        shape = header(1, len(shape)) + shape
        shape = header(_SHAPE, len(shape)) + shape
    numbers = _DOUBLES if is_double else _FLOATS
    pieces = []
    for is_diff, values in ((False, array), (True, diff)):
        if values is not None and values.size:
            packed = np.ascontiguousarray(values, dtype).reshape(-1).data.cast("B")
            pieces += [header(numbers[is_diff], len(packed)), packed]
    return [shape, *pieces] if is_double else [*pieces, shape]


def _read_values(
    data: bytes, field: Field, end: int, dtype: str, kind: int, found: list[np.ndarray]
) -> int:
    """Append the numbers of a packed field, or of a run of single ones; return where they end."""
    size = np.dtype(dtype).itemsize
    if field.kind == LENGTH:
        count, rest = divmod(field.end - field.start, size)
        if rest:
            raise WireError(field.start, f"{field.end - field.start} bytes of {size}-byte numbers")
        found.append(np.frombuffer(data, dtype, count, field.start))
        return field.end
    if field.kind != kind:
        return field.end
    tag_size = field.start - field.position
    if tag_size != 1:
        raise WireError(field.position, "a tag is longer than it need be")
    item = np.dtype([("tag", "u1"), ("value", dtype)])
    most = (end - field.position) // item.itemsize
    items = np.frombuffer(data, item, most, field.position)
    others = items["tag"] != data[field.position]
    count = int(others.argmax()) if others.any() else most
    found.append(items["value"][:count])
    return field.position + count * item.itemsize


def _read_dims(data: bytes, start: int, end: int) -> list[int]:
    dims = []
    while start < end:
        field = next_field(data, start, end)
        position = field.start
        while field.number == 1 and field.kind in (LENGTH, VARINT) and position < field.end:
            value, position = read_varint(data, position, field.end)
            dims.append(signed(value))
        start = field.end
    return dims


def _raw_values(raw: bytes, raw_type: int, start: int) -> np.ndarray:
    if raw_type not in _RAW_DTYPES:
        raise WireError(start, f"raw_data is of type {raw_type}; only floating point is known")
    dtype = np.dtype(_RAW_DTYPES[raw_type])
    if len(raw) % dtype.itemsize:
        raise WireError(start, f"{len(raw)} bytes of {dtype.itemsize}-byte numbers")
    values = np.frombuffer(raw, dtype)
    return values.astype(np.float32) if raw_type == FLOAT16 else values


def _joined(chunks: list[np.ndarray]) -> np.ndarray:
    if len(chunks) == 1:
        return chunks[0]
    return np.concatenate(chunks) if chunks else np.zeros(0, np.float32)


def _shaped(values: np.ndarray, shape: tuple[int, ...], start: int) -> np.ndarray:
    if min(shape, default=0) < 0 or math.prod(shape) != values.size:
        raise WireError(start, f"its shape is {shape}, but it holds {values.size} values")
    try:
        return values.reshape(shape)
    except ValueError:  # no values, but axes beyond what an address can count
        raise WireError(start, f"its shape {shape} is too large") from None
