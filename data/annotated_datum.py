"""AnnotatedDatum: the record of SSD's databases, an image and the objects in it."""

import numpy as np
from google.protobuf.message import DecodeError

from ..proto import ConfigError
from ..proto.caffe_pb2 import AnnotatedDatum, Datum

OBJECT = (
    8  # numbers of an object: item in batch, label, instance, xmin, ymin, xmax, ymax, difficult
)
BOX = slice(3, 7)  # which of them are its box, as fractions of the image


def parse_annotated_datum(value: bytes | memoryview) -> AnnotatedDatum:
    """The AnnotatedDatum in the bytes of a record; ConfigError if they are something else."""
    try:
        annotated = AnnotatedDatum.FromString(bytes(value))
    except DecodeError:
        annotated = AnnotatedDatum()
    if annotated.datum.data or annotated.datum.float_data:
        return annotated
    raise ConfigError(_what_else(bytes(value)))


def read_objects(annotated: AnnotatedDatum) -> np.ndarray:
    """The objects of a record, (n, 8), with 0 for the item; ConfigError if a box is none."""
    rows = [
        (
            *(0, group.group_label, annotation.instance_id),
            *(annotation.bbox.xmin, annotation.bbox.ymin),
            *(annotation.bbox.xmax, annotation.bbox.ymax),
            annotation.bbox.difficult,
        )
        for group in annotated.annotation_group
        for annotation in group.annotation
    ]
    objects = np.array(rows, np.float32).reshape(-1, OBJECT)
    strange = ~np.isfinite(objects).all(axis=1)
    if strange.any():
        raise ConfigError(
            f"the box {objects[strange.argmax(), BOX].tolist()} of an object is not finite"
        )
    return objects


def _what_else(value: bytes) -> str:
    """Why a message without an image is no AnnotatedDatum."""
    try:
        datum = Datum.FromString(value)
    except DecodeError:
        datum = Datum()
    if datum.data or datum.float_data:
        return "it is a Datum, without annotations: read it with a Data layer"
    return f"its {len(value):,} bytes are no AnnotatedDatum, a truncated one, or one without image"
