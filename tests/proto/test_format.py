import re
from pathlib import Path

import numpy as np
import pytest

from cortado.proto import format_text, parse_net, parse_solver, parse_text
from cortado.proto.caffe_pb2 import (
    TEST,
    BlobProto,
    Datum,
    LayerParameter,
    NetParameter,
    SolverParameter,
)

REFERENCE = Path(__file__).parents[2] / "../shared/reference"

# As Caffe logs them: fields by number, whatever the order in the file was.
SOLVER = """\
test_iter: 100
test_interval: 500
base_lr: 0.01
display: 100
max_iter: 600
lr_policy: "inv"
gamma: 0.0001
power: 0.75
momentum: 0.9
weight_decay: 0.0005
snapshot: 600
snapshot_prefix: "lenet/lenet"
solver_mode: CPU
random_seed: 1701
net: "lenet/train_test.prototxt"
train_state {
  level: 0
  stage: ""
}
"""

NET = """\
name: "LeNet"
state {
  phase: TRAIN
  level: 0
  stage: ""
}
layer {
  name: "mnist"
  type: "Data"
  top: "data"
  top: "label"
  include {
    phase: TRAIN
  }
  transform_param {
    scale: 0.00390625
  }
  data_param {
    source: "data/train_lmdb"
    batch_size: 64
    backend: LMDB
  }
}
"""


def test_a_solver_is_printed_as_caffe_logs_it():
    shuffled = "".join(reversed(SOLVER.splitlines(keepends=True)[:15]))
    solver = parse_solver(shuffled + 'train_state { stage: "" level: 0 }')
    assert format_text(solver) == SOLVER


def test_a_net_is_printed_as_caffe_logs_it():
    assert format_text(parse_net(NET)) == NET


def test_the_dumps_in_a_log_of_caffe_are_printed_again():
    log = REFERENCE / "caffe-train-log.txt"
    if not log.exists():
        pytest.skip("needs ../shared/reference")
    dumps = re.findall(r"parameters: \n((?:[^\nI][^\n]*\n|\n)+)", log.read_text())
    assert len(dumps) == 3
    for dump in dumps:
        message = SolverParameter() if "base_lr" in dump else NetParameter()
        parse_text(dump, message)
        assert format_text(message) == dump.rstrip("\n") + "\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.01, "0.01"),
        (1, "1"),
        (-1, "-1"),
        (0.1 + 0.2, "0.3"),
        (1e-8, "1e-08"),
        (0.0005, "0.0005"),
        (0.00390625, "0.00390625"),
        (1 / 3, "0.333333343"),
        (123456, "123456"),
        (16777216, "16777216"),
        (1e38, "1e+38"),
        (float("inf"), "inf"),
        (-float("inf"), "-inf"),
        (float("nan"), "nan"),
    ],
)
def test_floats_have_six_digits_or_nine(value, text):
    assert format_text(SolverParameter(base_lr=value)) == f"base_lr: {text}\n"


def test_every_float_is_read_back(rng):
    values = rng.integers(0, 0x7F800000, 2000, dtype=np.uint32).view(np.float32)
    blob, again = BlobProto(data=values), BlobProto()
    parse_text(format_text(blob), again)
    assert np.array_equal(np.array(again.data, np.float32), values)


@pytest.mark.parametrize(("value", "text"), [(0.1, "0.1"), (1 / 3, "0.33333333333333331")])
def test_doubles_have_fifteen_digits_or_seventeen(value, text):
    assert format_text(BlobProto(double_data=[value])) == f"double_data: {text}\n"


def test_strings_are_escaped_as_in_c():
    layer = LayerParameter(name="a\"b'\\\n\r\t\a\x7f\u00e9")
    assert format_text(layer) == r'''name: "a\"b\'\\\n\r\t\007\177\303\251"''' + "\n"
    assert format_text(Datum(data=b"\0\xff1")) == 'data: "\\000\\3771"\n'


def test_booleans_and_enums_are_words():
    layer = LayerParameter(phase=TEST, propagate_down=[True, False])
    assert format_text(layer) == "phase: TEST\npropagate_down: true\npropagate_down: false\n"
