import h5py
import numpy as np
import pytest

from cortado.core import log
from cortado.nets import Net, load_weights, save_weights
from cortado.proto import ConfigError, array_to_blob, parse_net
from cortado.proto.caffe_pb2 import TRAIN, NetParameter

NET = """
name: "small"
layer {{ name: "data" type: "Input" top: "data" input_param {{ shape {{ dim: 1 dim: 3 }} }} }}
layer {{ name: "in/a" type: "InnerProduct" bottom: "data" top: "a" param {{ name: "w" }}
        inner_product_param {{ num_output: 3 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "{0}" type: "InnerProduct" bottom: "a" top: "b" param {{ name: "{1}" }}
        inner_product_param {{ num_output: {2} weight_filler {{ type: "xavier" }} }} }}
"""


def make(last="b", share="", outputs=3, **options):
    return Net(parse_net(NET.format(last, share, outputs)), TRAIN, **{"seed": 1, **options})


@pytest.mark.parametrize("hdf5", [False, True], ids=["binary", "hdf5"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_saved_is_loaded(tmp_path, hdf5, dtype):
    saved, other = make(dtype=dtype), make(seed=2, dtype=dtype)
    save_weights(saved, tmp_path / "w", hdf5=hdf5)
    load_weights(other, tmp_path / "w")
    np.testing.assert_allclose(other.weights.data, saved.weights.data, rtol=1e-6)


def test_shared_weights_are_saved_once_in_hdf5(tmp_path):
    saved, other = make(share="w"), make(share="w", seed=2)
    save_weights(saved, tmp_path / "w.h5", hdf5=True)
    with h5py.File(tmp_path / "w.h5") as file:
        assert list(file["data/in/a"]) == ["0", "1"]
        assert list(file["data/b"]) == ["1"]
    load_weights(other, tmp_path / "w.h5")
    np.testing.assert_array_equal(other.weights.data, saved.weights.data)


def test_diffs_are_saved_on_request(tmp_path):
    net = make()
    net.weights.diff[...] = 4
    save_weights(net, tmp_path / "w", diffs=True)
    layers = NetParameter.FromString((tmp_path / "w").read_bytes()).layer
    assert list(layers[2].blobs[1].diff) == [4, 4, 4]


def test_layers_of_other_names_are_left_alone(tmp_path):
    save_weights(make(last="old"), tmp_path / "w")
    net = make(last="new", seed=2)
    before = net.params["new"][0].data.copy()
    load_weights(net, tmp_path / "w")
    np.testing.assert_array_equal(net.params["new"][0].data, before)
    np.testing.assert_array_equal(net.params["in/a"][0].data, make().params["in/a"][0].data)


@pytest.mark.parametrize(("last", "skip", "warned"), [("c", (), 1), ("b", (), 0), ("c", ["c"], 0)])
def test_weights_of_another_net_are_warned_of(tmp_path, monkeypatch, last, skip, warned):
    found = []
    monkeypatch.setattr(log, "warning", lambda source, message: found.append(message))
    param = NetParameter()
    blobs = [array_to_blob(np.ones(shape)) for shape in ((3, 3), 3)]
    param.layer.add(name="b", type="InnerProduct").blobs.extend(blobs)
    (tmp_path / "w").write_bytes(param.SerializeToString())
    load_weights(make(last=last), tmp_path / "w", skip=skip)
    assert ["none of its layers with weights" in text for text in found] == [True] * warned


def test_another_shape_is_an_error_that_changes_nothing(tmp_path):
    save_weights(make(outputs=5), tmp_path / "w")
    net = make(seed=2)
    before = net.weights.data.copy()
    with pytest.raises(ConfigError, match=r"layer 'b' .*weight 0 has shape \(3, 3\), but \(5, 3\)"):
        load_weights(net, tmp_path / "w")
    np.testing.assert_array_equal(net.weights.data, before)


def test_a_layer_can_be_skipped(tmp_path):
    save_weights(make(outputs=5), tmp_path / "w")
    net = make(seed=2)
    load_weights(net, tmp_path / "w", skip=["b"])
    np.testing.assert_array_equal(net.params["in/a"][0].data, make().params["in/a"][0].data)
    with pytest.raises(ConfigError, match="the net has no layer 'c'"):
        load_weights(net, tmp_path / "w", skip=["c"])


def test_another_number_of_weights_is_an_error(tmp_path):
    param = NetParameter()
    param.layer.add(name="b", type="InnerProduct").blobs.append(array_to_blob(np.ones((3, 3))))
    (tmp_path / "w").write_bytes(param.SerializeToString())
    with pytest.raises(ConfigError, match="layer 'b' .*has 2 weight blobs, but 1 in .*bias_term"):
        load_weights(make(), tmp_path / "w")


def test_legacy_shapes_are_compared_from_the_last_axis(tmp_path):
    param = NetParameter()
    layer = param.layer.add(name="b", type="InnerProduct")
    layer.blobs.append(array_to_blob(np.full((1, 1, 3, 3), 2.0), legacy=True))
    layer.blobs.append(array_to_blob(np.full((1, 1, 1, 3), 5.0), legacy=True))
    (tmp_path / "w").write_bytes(param.SerializeToString())
    net = make()
    load_weights(net, tmp_path / "w")
    assert (net.params["b"][0].data == 2).all()
    assert (net.params["b"][1].data == 5).all()
