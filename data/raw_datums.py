"""RawDatums: many small raw images at once, alike in all but their pixels and labels."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from google.protobuf.message import DecodeError

from ..proto.caffe_pb2 import Datum
from .datum import place_of_data

Values = Sequence[bytes | memoryview]


class RawDatums:
    """Reads records that begin as the first one does: parsing each takes longer than its pixels."""

    def __init__(self):
        self._read_label = cache(_read_label)

    def read(self, values: Values) -> tuple[np.ndarray, list[int]] | None:
        """The images (n, C, H, W) and labels in records; None if one of them is not like that."""
        place = place_of_data(values[0])
        if not place:
            return None
        tag, start, end = place
        head = bytes(values[0][:start])
        labels = []
        for value in values:
            if value[:start] != head or len(value) < end:
                return None
            labels.append(self._read_label(head[:tag], bytes(value[end:]), end - start))
        if None in labels:
            return None
        pixels = np.frombuffer(b"".join([value[start:end] for value in values]), np.uint8)
        sizes = Datum.FromString(head[:tag])
        return pixels.reshape(-1, sizes.channels, sizes.height, sizes.width), labels


def _read_label(head: bytes, tail: bytes, count: int) -> int | None:
    """The label in what stands around so many pixels; None unless it is a Datum of so many."""
    try:
        datum = Datum.FromString(head + tail)
    except DecodeError:
        return None
    sizes = (datum.channels, datum.height, datum.width)
    if datum.encoded or datum.data or datum.float_data or min(sizes) < 1:
        return None
    # Fields behind the pixels may give the sizes once more.
    if sizes != _sizes(head) or np.prod(sizes) != count:
        return None
    return datum.label


def _sizes(head: bytes) -> tuple[int, int, int]:
    datum = Datum.FromString(head)
    return datum.channels, datum.height, datum.width
