import subprocess
import sys

import numpy as np
import pytest

import caffe

NET = """
name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "ip" top: "ip" }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
force_backward: true
"""


@pytest.fixture
def path(tmp_path):
    (tmp_path / "net.prototxt").write_text(NET)
    return str(tmp_path / "net.prototxt")


@pytest.fixture
def net(path):
    caffe.set_random_seed(5)
    return caffe.Net(path, caffe.TEST)


def test_names_and_shapes(net):
    assert list(net.blobs) == ["data", "ip", "prob"]
    assert net._layer_names == ["data", "ip", "relu", "prob"]
    assert (net.inputs, net.outputs) == (["data"], ["prob"])
    assert net.bottom_names["relu"] == ["ip"]
    assert net.top_names["prob"] == ["prob"]
    assert list(net.params) == ["ip"]
    assert net.params["ip"][0].data.shape == (4, 3)
    assert [layer.type for layer in net.layers] == ["Input", "InnerProduct", "ReLU", "Softmax"]
    assert net.layer_dict["ip"].blobs[1].shape == (4,)


def test_forward_takes_inputs_and_returns_live_outputs(net):
    out = net.forward(data=np.ones((2, 3)))
    assert list(out) == ["prob"]
    np.testing.assert_allclose(out["prob"].sum(axis=1), 1, rtol=1e-6)
    assert out["prob"] is net.blobs["prob"].data


def test_forward_runs_up_to_a_layer_and_returns_the_blobs_asked_for(net):
    net.blobs["data"].data[...] = 1
    out = net.forward(end="relu", blobs=["data"])
    assert set(out) == {"ip", "data"}
    assert not net.blobs["prob"].data.any()
    net.forward(start="prob")
    assert net.blobs["prob"].data.any()


def test_backward_takes_diffs_and_returns_those_of_the_inputs(net):
    net.forward(data=np.ones((2, 3)))
    diffs = net.backward(prob=np.eye(2, 4))
    assert diffs["data"].shape == (2, 3)
    assert diffs["data"].any()


def test_gradients_of_one_unit_as_deepdream_takes_them(net):
    net.blobs["data"].data[...] = 1
    net.forward(end="ip")
    net.blobs["ip"].diff[...] = 1
    net.backward(start="ip")
    expected = net.params["ip"][0].data.sum(axis=0)
    np.testing.assert_allclose(net.blobs["data"].diff[0], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": np.ones((2, 3))}, r"give every one of \['data'\].*got \['image'\]"),
        ({"data": np.ones((5, 3))}, "'data' holds 2 items, got 5"),
    ],
)
def test_inputs_that_do_not_fit_are_named(net, arguments, message):
    with pytest.raises(ValueError, match=message):
        net.forward(**arguments)


def test_a_reshaped_input_is_followed(net):
    net.blobs["data"].reshape(5, 3)
    net.reshape()
    assert net.blobs["prob"].data.shape == (5, 4)


def test_weights_take_effect_at_once(net):
    net.params["ip"][0].data[...] = 0
    net.params["ip"][1].data[...] = [9, 0, 0, 0]
    assert net.forward(data=np.ones((2, 3)))["prob"][0, 0] > 0.99


@pytest.mark.parametrize("how", ["save", "save_hdf5"])
def test_saved_weights_are_copied_into_another_net(net, path, tmp_path, how):
    getattr(net, how)(str(tmp_path / "w"))
    caffe.set_random_seed(6)
    for other in (
        caffe.Net(path, caffe.TEST, weights=str(tmp_path / "w")),
        caffe.Net(path, str(tmp_path / "w"), caffe.TEST),
    ):
        np.testing.assert_array_equal(other.params["ip"][0].data, net.params["ip"][0].data)


def test_nets_can_share_weights(net, path):
    other = caffe.Net(path, caffe.TEST)
    other.share_with(net)
    net.params["ip"][0].data[...] = 3
    assert (other.params["ip"][0].data == 3).all()


def test_a_missing_file_is_a_runtime_error(path):
    with pytest.raises(RuntimeError, match=r"Could not open file nowhere\.prototxt"):
        caffe.Net("nowhere.prototxt", caffe.TEST)
    with pytest.raises(RuntimeError, match=r"Could not open file w\.caffemodel"):
        caffe.Net(path, caffe.TEST, weights="w.caffemodel")


def test_stages_and_level_select_layers(tmp_path):
    (tmp_path / "net.prototxt").write_text(
        NET + 'layer { name: "end" type: "Silence" bottom: "prob" include { stage: "quiet" } }'
    )
    path = str(tmp_path / "net.prototxt")
    assert "end" in caffe.Net(path, caffe.TEST, stages=["quiet"])._layer_names
    assert "end" not in caffe.Net(path, caffe.TEST)._layer_names


def test_gpu_mode_without_a_gpu_is_an_error_not_an_abort(path):
    caffe.set_mode_gpu()
    try:
        with pytest.raises(ValueError, match="gpu:0"):
            caffe.Net(path, caffe.TEST)
    finally:
        caffe.set_mode_cpu()
    assert caffe.Net(path, caffe.TEST).forward()


def test_the_schema_is_at_its_usual_place():
    from caffe.proto import caffe_pb2

    assert caffe_pb2.NetParameter(name="x").name == "x"
    assert caffe_pb2.TRAIN == caffe.TRAIN
    assert "InnerProduct" in caffe.layer_type_list()


def test_the_schema_is_there_after_import_caffe():
    """Scripts say caffe.proto.caffe_pb2.BlobProto() and import nothing else."""
    script = "import caffe; print(caffe.proto.caffe_pb2.BlobProto(num=3).num)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "3\n", done.stderr
