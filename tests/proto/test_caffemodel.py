import re
from pathlib import Path

import numpy as np
import pytest

from cortado.proto import ConfigError, caffemodel, parse_net, read_weights, write_caffemodel
from cortado.proto.caffe_pb2 import BlobProto, NetParameter
from cortado.proto.caffemodel import decode_caffemodel

GOLDENS = Path(__file__).parents[1] / "goldens/solvers"
MODELS = Path(__file__).parents[2] / "../shared/models"
REAL = [
    "lenet_mnist/lenet_iter_10000.caffemodel",
    "cifar10_quick/cifar10_quick_iter_4000.caffemodel",
    "mtcnn/det3.caffemodel",
    "squeezenet_v1.0/squeezenet_v1.0_dc.caffemodel",
]

NET = """
name: "n"
layer { name: "data" type: "Input" top: "data" phase: TRAIN }
layer {
  name: "ip" type: "InnerProduct" bottom: "data" top: "ip" loss_weight: 1 param { lr_mult: 2 }
  include { phase: TRAIN } phase: TRAIN propagate_down: true inner_product_param { num_output: 2 }
}
"""
WEIGHT = np.arange(6, dtype=np.float32).reshape(2, 3)
BIAS = np.array([7, 8], np.float32)


def same_file_again(path, folder):
    """Write what a file holds once more, and compare byte by byte."""
    weights = read_weights(path)
    net = NetParameter.FromString(path.read_bytes())
    write_caffemodel(folder / "again", net, [layer.blobs for layer in weights])
    return (folder / "again").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("path", sorted(GOLDENS.glob("*/*.caffemodel")), ids=str)
def test_snapshots_of_caffe_are_written_byte_for_byte(path, tmp_path):
    assert same_file_again(path, tmp_path)


@pytest.mark.parametrize("name", REAL)
def test_published_models_are_written_byte_for_byte(name, tmp_path):
    if not (MODELS / name).exists():
        pytest.skip("needs ../shared/models")
    assert same_file_again(MODELS / name, tmp_path)


def test_a_net_is_written_with_its_blobs(tmp_path):
    net = parse_net(NET)
    write_caffemodel(tmp_path / "w", net, [[], [WEIGHT, BIAS]])
    wanted = NetParameter.FromString(net.SerializeToString())
    wanted.layer[1].blobs.add(shape={"dim": [2, 3]}, data=range(6))
    wanted.layer[1].blobs.add(shape={"dim": [2]}, data=[7, 8])
    assert (tmp_path / "w").read_bytes() == wanted.SerializeToString()


def test_diffs_are_written_on_request(tmp_path):
    write_caffemodel(
        tmp_path / "w", parse_net(NET), [[], [WEIGHT, BIAS]], [[], [WEIGHT + 1, BIAS + 1]]
    )
    blob = NetParameter.FromString((tmp_path / "w").read_bytes()).layer[1].blobs[1]
    assert blob == BlobProto(shape={"dim": [2]}, data=[7, 8], diff=[8, 9])


def test_a_net_of_doubles_keeps_them(tmp_path):
    write_caffemodel(tmp_path / "w", parse_net(NET), [[], [WEIGHT.astype(np.float64)]])
    (weight,) = read_weights(tmp_path / "w")[1].blobs
    assert weight.dtype == np.float64
    assert np.array_equal(weight, WEIGHT)


def test_blobs_already_in_the_net_are_not_written(tmp_path):
    net = parse_net(NET)
    net.layer[1].blobs.add(data=[1])
    write_caffemodel(tmp_path / "w", net, [[], [BIAS]])
    assert len(NetParameter.FromString((tmp_path / "w").read_bytes()).layer[1].blobs) == 1


def test_names_types_and_blobs_are_read_in_file_order(tmp_path):
    write_caffemodel(tmp_path / "w", parse_net(NET), [[], [WEIGHT, BIAS]])
    data, ip = read_weights(tmp_path / "w")
    assert (data.name, data.type, data.blobs) == ("data", "Input", [])
    assert (ip.name, ip.type, ip.is_legacy) == ("ip", "InnerProduct", [False, False])
    assert np.array_equal(ip.blobs[0], WEIGHT)
    assert np.array_equal(ip.blobs[1], BIAS)


def test_v1_layers_are_read():
    net = NetParameter(name="old", input=["data"])
    layer = net.layers.add(
        name="ip", bottom=["data"], top=["ip"], blobs_lr=[1], type="INNER_PRODUCT"
    )
    layer.blobs.add(num=1, channels=1, height=1, width=2, data=[7, 8])
    (read,) = decode_caffemodel(net.SerializeToString(), "w")
    assert (read.name, read.type, read.is_legacy) == ("ip", "InnerProduct", [True])
    assert read.blobs[0].tolist() == [[[[7, 8]]]]


def test_v0_layers_are_read():
    net = NetParameter()
    layer = net.layers.add(bottom=["data"]).layer
    layer.name, layer.type = "c", "conv"
    layer.blobs.add(num=1, channels=1, height=1, width=1, data=[7])
    (read,) = decode_caffemodel(net.SerializeToString(), "w")
    assert (read.name, read.type, read.blobs[0].item()) == ("c", "Convolution", 7)


def test_fields_that_mean_something_else_in_a_fork_do_no_harm():
    # Field 143, input_param in BVLC: here a number instead of a message.
    strange = b"\xf8\x08\x05" + b"\x0a\x01a" + b"\x12\x04ReLU"
    data = b"\xa2\x06" + bytes([len(strange)]) + strange
    (read,) = decode_caffemodel(data, "w")
    assert (read.name, read.type) == ("a", "ReLU")


def test_a_truncated_file_names_byte_and_layer(tmp_path):
    path = tmp_path / "w"
    write_caffemodel(path, parse_net(NET), [[], [WEIGHT, BIAS]])
    path.write_bytes(path.read_bytes()[:-7])
    size = path.stat().st_size
    problem = f"{path}: the file ends at byte {size}, inside layer 'ip', but 7 more bytes"
    with pytest.raises(ConfigError, match=re.escape(problem)):
        read_weights(path)


def test_a_contradiction_names_byte_layer_and_blob():
    net = NetParameter()
    layer = net.layer.add(name="ip")
    layer.blobs.add(shape={"dim": [1]}, data=[1])
    layer.blobs.add(shape={"dim": [2, 3]}, data=[1])
    problem = r"w: at byte \d+: layer 'ip', blob 1: its shape is \(2, 3\), but it holds 1 values"
    with pytest.raises(ConfigError, match=problem):
        decode_caffemodel(net.SerializeToString(), "w")


def test_a_file_without_layers_is_refused():
    with pytest.raises(ConfigError, match="w: holds no layers: it is no caffemodel"):
        decode_caffemodel(NetParameter(name="n").SerializeToString(), "w")


def test_a_missing_file_is_named():
    with pytest.raises(ConfigError, match="no such file: no.caffemodel"):
        read_weights("no.caffemodel")


def test_a_file_that_nobody_could_read_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(caffemodel, "_MOST_BYTES", 100)
    with pytest.raises(
        ConfigError, match="bytes, and Caffe reads 100 at most; use snapshot_format"
    ):
        write_caffemodel(tmp_path / "w", parse_net(NET), [[], [WEIGHT, BIAS]])
    assert not (tmp_path / "w").exists()


def test_a_type_that_is_no_text_is_empty():
    (read,) = decode_caffemodel(b"\xa2\x06\x05\x0a\x01a\x10\x04", "w")
    assert (read.name, read.type) == ("a", "")
