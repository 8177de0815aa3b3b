"""Weights files in binary (.caffemodel): every fork's are read, BVLC's are written."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from .atomic_file import write_file
from .blob import decode_blob, encode_blob
from .caffe_pb2 import LayerParameter, NetParameter
from .errors import ConfigError
from .upgrade_v0 import v0_type_name
from .upgrade_v1 import v1_type_name
from .wire import (
    LENGTH,
    VARINT,
    Field,
    Truncated,
    WireError,
    fields,
    header,
    read_varint,
    split_before,
)

# Where a NetParameter holds its layers, and where those hold name, type and blobs.
_V2_LAYER, _V1_LAYER, _V0_LAYER = 100, 2, 1
_V2, _V1, _V0 = (1, 2, 7), (4, 5, 6), (1, 2, 50)

_MOST_BYTES = 2**31 - 1  # protobuf refuses larger messages, in Caffe as everywhere


@dataclass
class LayerWeights:
    """What a weights file holds for one layer.

    A blob is None where an HDF5 file leaves out weights that the layer shares with an earlier one.
    is_legacy tells, blob by blob, that the shape was stored as (num, channels, height, width):
    then only the axes that are not 1 are telling, counted from the last.
    """

    name: str
    type: str
    blobs: list[np.ndarray | None] = field(default_factory=list)
    is_legacy: list[bool] = field(default_factory=list)


def decode_caffemodel(data: bytes, source: str) -> list[LayerWeights]:
    """The weights in a serialized NetParameter of any age; arrays look into data.

    Only names, types and blobs are looked at, so fields that mean something else in a fork do no
    harm. Raises ConfigError with the byte and the layer where the file ends or makes no sense.
    """
    layers = []
    try:
        for part in fields(data, 0, len(data)):
            if part.kind == LENGTH and part.number == _V2_LAYER:
                layers.append(_read_layer(data, part, _V2))
            elif part.kind == LENGTH and part.number == _V1_LAYER:
                layers.append(_read_old_layer(data, part))
    except Truncated as problem:
        raise ConfigError(
            f"{source}: the file ends at byte {len(data)}{_inside(data, problem.start)}, but "
            f"{problem.problem}: it is truncated, or no caffemodel"
        ) from None
    except WireError as problem:
        raise ConfigError(
            f"{source}: at byte {problem.position}: {problem.problem}: "
            "the file is damaged, or no caffemodel"
        ) from None
    if not layers:
        raise ConfigError(f"{source}: holds no layers: it is no caffemodel")
    return layers


def write_caffemodel(
    path: str | os.PathLike,
    net: NetParameter,
    blobs: Sequence[Sequence[np.ndarray]],
    diffs: Sequence[Sequence[np.ndarray]] | None = None,
) -> None:
    """Write name and layers of a net with blobs[i] (and diffs[i]) in net.layer[i], as Caffe does.

    float64 arrays are stored as double_data, all others as float32. Raises ConfigError if the
    file would be too large to be read or cannot be written; then an older file stays as it was.
    """
    name = NetParameter(name=net.name) if net.HasField("name") else NetParameter()
    pieces: list = [name.SerializeToString()]
    for index, layer in enumerate(net.layer):
        layer_diffs = diffs[index] if diffs is not None else [None] * len(blobs[index])
        pieces += _encode_layer(layer, blobs[index], layer_diffs)
    size = sum(len(piece) for piece in pieces)
    if size > _MOST_BYTES:
        raise ConfigError(
            f"{path}: would take {size:,} bytes, and Caffe reads {_MOST_BYTES:,} at most; "
            "use snapshot_format: HDF5"
        )
    write_file(path, pieces)


def _encode_layer(layer: LayerParameter, blobs, diffs) -> list:
    bare = LayerParameter()
    bare.CopyFrom(layer)
    bare.ClearField("blobs")
    before, after = split_before(bare.SerializeToString(), LayerParameter.BLOBS_FIELD_NUMBER)
    pieces: list = [before]
    for blob, diff in zip(blobs, diffs, strict=True):
        encoded = encode_blob(blob, diff)
        size = sum(len(piece) for piece in encoded)
        pieces += [header(LayerParameter.BLOBS_FIELD_NUMBER, size), *encoded]
    pieces.append(after)
    return [header(_V2_LAYER, sum(len(piece) for piece in pieces)), *pieces]


def _read_old_layer(data: bytes, part: Field) -> LayerWeights:
    for inner in fields(data, part.start, part.end):
        if inner.number == _V0_LAYER and inner.kind == LENGTH:
            return _read_layer(data, inner, _V0)
    return _read_layer(data, part, _V1)


def _read_layer(data: bytes, part: Field, numbers: tuple[int, int, int]) -> LayerWeights:
    name_number, type_number, blobs_number = numbers
    layer = LayerWeights("", "")
    try:
        for inner in fields(data, part.start, part.end):
            if inner.number == name_number and inner.kind == LENGTH:
                layer.name = _text(data, inner)
            elif inner.number == type_number:
                layer.type = _type(data, inner, numbers)
            elif inner.number == blobs_number and inner.kind == LENGTH:
                blob, is_legacy = decode_blob(data, inner.start, inner.end)
                layer.blobs.append(blob)
                layer.is_legacy.append(is_legacy)
    except WireError as problem:
        raise WireError(
            problem.position, f"layer {layer.name!r}, blob {len(layer.blobs)}: {problem.problem}"
        ) from None
    return layer


def _type(data: bytes, part: Field, numbers: tuple[int, int, int]) -> str:
    if part.kind == VARINT and numbers == _V1:
        return v1_type_name(read_varint(data, part.start, part.end)[0])
    if part.kind != LENGTH:
        return ""
    text = _text(data, part)
    return v0_type_name(text) if numbers == _V0 else text


def _inside(data: bytes, start: int) -> str:
    """Which layer begins at start, as far as what is left of it tells."""
    with suppress(WireError):
        for inner in fields(data, start, len(data)):
            if inner.number in (_V2[0], _V1[0]) and inner.kind == LENGTH:
                return f", inside layer {_text(data, inner)!r}"
    return ""


def _text(data: bytes, part: Field) -> str:
    return data[part.start : part.end].decode("utf-8", "replace")
