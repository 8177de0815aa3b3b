import numpy as np
import pytest

from cortado.data.annotated_datum import BOX, parse_annotated_datum, read_objects
from cortado.proto import ConfigError
from cortado.proto.caffe_pb2 import AnnotatedDatum, Datum
from cortado.proto.text import parse_text

TEXT = """
datum { channels: 1 height: 1 width: 2 data: "ab" label: 5 } type: BBOX
annotation_group { group_label: 3
  annotation { instance_id: 7 bbox { xmin: 0.25 ymin: 0.5 xmax: 0.75 ymax: 1 difficult: true } }
  annotation { bbox { xmin: 0 ymin: 0 xmax: 0.5 ymax: 0.5 } } }
annotation_group { group_label: 1 annotation { bbox { xmax: 1 ymax: 1 } } }
"""


@pytest.fixture
def annotated():
    message = AnnotatedDatum()
    parse_text(TEXT, message)
    return message


def test_objects_are_rows_in_the_order_of_the_record(annotated):
    objects = read_objects(parse_annotated_datum(annotated.SerializeToString()))
    assert objects.dtype == np.float32
    assert objects.tolist() == [
        [0, 3, 7, 0.25, 0.5, 0.75, 1, 1],
        [0, 3, 0, 0, 0, 0.5, 0.5, 0],
        [0, 1, 0, 0, 0, 1, 1, 0],
    ]
    assert objects[0, BOX].tolist() == [0.25, 0.5, 0.75, 1]


def test_a_record_may_have_no_objects(annotated):
    annotated.ClearField("annotation_group")
    assert read_objects(annotated).shape == (0, 8)


def test_a_box_that_is_not_finite_is_named(annotated):
    annotated.annotation_group[0].annotation[1].bbox.ymin = float("nan")
    with pytest.raises(ConfigError, match=r"the box \[0.0, nan, 0.5, 0.5\] of an object"):
        read_objects(annotated)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Datum(channels=1, height=1, width=1, data=b"a").SerializeToString(), "it is a Datum"),
        (b"", "its 0 bytes are no AnnotatedDatum"),
        (b"\xff\xff", "its 2 bytes are no AnnotatedDatum"),
        (AnnotatedDatum(type=AnnotatedDatum.BBOX).SerializeToString(), "or one without image"),
    ],
)
def test_what_a_record_is_instead_is_named(value, message):
    with pytest.raises(ConfigError, match=message):
        parse_annotated_datum(value)


def test_every_truncation_is_refused_or_read(annotated):
    value = annotated.SerializeToString()
    for size in range(len(value)):
        try:
            read_objects(parse_annotated_datum(memoryview(value)[:size]))
        except ConfigError:
            continue
