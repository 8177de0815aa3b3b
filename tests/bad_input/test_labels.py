"""Labels outside the classes: the layer, the label and the record that has it are named."""

import re

import numpy as np
import pytest

from cortado.proto import write_mean
from cortado.proto.caffe_pb2 import Datum

LOSS = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }'
PICTURE = {"channels": 2, "height": 8, "width": 8, "data": bytes(128)}


@pytest.fixture
def bad_label(refused, write_db):
    """bad_label({"old": "new"}) -> the error where record 6 of "spoiled" has label 7, of 3."""
    write_db("spoiled", {6: Datum(label=7, **PICTURE)})
    return lambda changes: refused(net={'"db"': '"spoiled"', **changes})


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("SoftmaxWithLoss", ""),
        ("Accuracy", ""),
        ("HingeLoss", ""),
        ("MultinomialLogisticLoss", ""),
        ("InfogainLoss", 'infogain_loss_param { source: "H.binaryproto" }'),
    ],
)
def test_a_label_outside_the_classes(bad_label, place, kind, more):
    write_mean(place / "H.binaryproto", np.eye(3, dtype=np.float32))
    it = f'layer {{ name: "it" type: "{kind}" bottom: "ip" bottom: "label" top: "y" {more} }}'
    message = bad_label({LOSS: it})
    assert message.startswith(f"layer 'it' ({kind}): label 7 of item 2 is outside [0, 3)")
    assert message.endswith("(item 2 is record b'00000006' of spoiled)")


@pytest.mark.parametrize(
    ("kind", "param"),
    [
        ("Embed", 'bottom: "label" embed_param { input_dim: 3 num_output: 2 }'),
        ("BatchReindex", 'bottom: "ip" bottom: "label"'),
    ],
)
def test_an_index_outside_the_table(bad_label, kind, param):
    message = bad_label({LOSS: f'layer {{ name: "it" type: "{kind}" top: "y" {param} }}'})
    assert re.search(rf"'it' \({kind}\): index 7 at \[2\] of bottom\[\d\] is not in", message)
    assert message.endswith("(item 2 is record b'00000006' of spoiled)")


def test_a_negative_label(refused, write_db):
    write_db("spoiled", {5: Datum(label=-1, **PICTURE)})
    message = refused(net={'"db"': '"spoiled"'})
    assert "label -1 of item 1 is outside [0, 3)" in message
    assert message.endswith("(item 1 is record b'00000005' of spoiled)")


def test_of_two_databases_the_one_with_the_labels_is_named(refused, write_db):
    one = {"channels": 1, "height": 1, "width": 1}
    write_db("labels", {i: Datum(data=bytes([9 if i == 5 else 0]), **one) for i in range(12)})
    second = """
        layer { name: "labels" type: "Data" top: "map"
                data_param { source: "labels" batch_size: 4 backend: LMDB } }
        layer { name: "flat" type: "Flatten" bottom: "map" top: "flat" }
    """
    message = refused(net={LOSS: second + LOSS.replace('"label"', '"flat"')})
    assert message.endswith("(item 1 is record b'00000005' of labels)")
