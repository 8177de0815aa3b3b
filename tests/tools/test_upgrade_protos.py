import numpy as np
import pytest

from cortado.proto import array_to_blob, read_net, read_solver, read_weights
from cortado.proto.caffe_pb2 import NetParameter, V1LayerParameter

V1_NET = """
name: "old" input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv" blobs_lr: 1 blobs_lr: 2
         convolution_param { num_output: 4 kernel_size: 3 } }
"""
UPGRADED = """\
name: "old"
layer {
  name: "input"
  type: "Input"
  top: "data"
  input_param {
    shape {
      dim: 1
      dim: 3
      dim: 8
      dim: 8
    }
  }
}
layer {
  name: "conv"
  type: "Convolution"
  bottom: "data"
  top: "conv"
  param {
    lr_mult: 1
  }
  param {
    lr_mult: 2
  }
  convolution_param {
    num_output: 4
    kernel_size: 3
  }
}
"""


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.prototxt").write_text(V1_NET)
    old = NetParameter(name="old")
    layer = old.layers.add(name="conv", type=V1LayerParameter.CONVOLUTION, blobs_lr=[1])
    layer.blobs.append(array_to_blob(np.arange(6, dtype="float32").reshape(1, 1, 2, 3)))
    (tmp_path / "old.caffemodel").write_bytes(old.SerializeToString())
    (tmp_path / "solver.prototxt").write_text('net: "n" solver_type: ADAM')


def test_a_net_becomes_the_text_that_caffe_writes(tmp_path, caffe):
    status, lines = caffe("upgrade_net_proto_text", "old.prototxt", "new.prototxt")
    assert status == 0
    assert lines == [
        "upgrade_net_proto_text.cpp:41] Wrote upgraded NetParameter text proto to new.prototxt"
    ]
    assert (tmp_path / "new.prototxt").read_text() == UPGRADED


def test_a_caffemodel_keeps_its_weights(caffe):
    status, lines = caffe("upgrade_net_proto_binary", "old.caffemodel", "new.caffemodel")
    assert status == 0
    assert lines[-1].endswith("Wrote upgraded NetParameter binary proto to new.caffemodel")
    net = read_net("new.caffemodel")
    assert (net.layer[0].type, net.layer[0].param[0].lr_mult) == ("Convolution", 1)
    [layer] = read_weights("new.caffemodel")
    np.testing.assert_array_equal(layer.blobs[0], np.arange(6).reshape(1, 1, 2, 3))


def test_a_solver_gets_its_type_by_name(tmp_path, caffe):
    status, lines = caffe("upgrade_solver_proto_text", "solver.prototxt", "new.prototxt")
    assert status == 0
    assert lines[-1].endswith("Wrote upgraded SolverParameter text proto to new.prototxt")
    assert (tmp_path / "new.prototxt").read_text() == 'net: "n"\ntype: "Adam"\n'
    assert read_solver("new.prototxt").type == "Adam"


@pytest.mark.parametrize(
    ("command", "old"),
    [
        ("upgrade_net_proto_text", "old.prototxt"),
        ("upgrade_net_proto_binary", "old.caffemodel"),
        ("upgrade_solver_proto_text", "solver.prototxt"),
    ],
)
def test_what_is_up_to_date_is_said_to_be(tmp_path, caffe, command, old):
    caffe(command, old, "new")
    status, lines = caffe(command, "new", "newer")
    assert status == 0
    assert lines[0].endswith("File already in latest proto format: new")
    assert (tmp_path / "newer").read_bytes() == (tmp_path / "new").read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["upgrade_net_proto_text", "old.caffemodel", "x"], "old.caffemodel: is binary: upgrade_"),
        (["upgrade_net_proto_text", "solver.prototxt", "x"], "solver.prototxt:1:1: "),
        (["upgrade_net_proto_text", "gone", "x"], "no such file: gone"),
        (["upgrade_net_proto_binary", "old.prototxt", "x"], "old.prototxt: is no binary net"),
        (["upgrade_solver_proto_text", "old.prototxt", "x"], "old.prototxt:2:1: "),
        (["upgrade_net_proto_text", "old.prototxt", "no/x"], "no/x: cannot be written"),
        (["upgrade_net_proto_text", "old.prototxt"], "the following arguments are required: NEW"),
    ],
)
def test_what_is_missing_or_wrong_is_named(caffe, words, message):
    status, lines = caffe(*words)
    assert status == 1
    assert lines[-1].startswith(f"caffe: error: {message}")
