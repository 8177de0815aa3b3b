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
        ({"data": np.ones((2, 4))}, r"'data' has shape \(2, 3\), got \(2, 4\)"),
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


def test_a_phase_is_needed_and_known(path):
    with pytest.raises(TypeError, match=r"Net needs a phase: caffe\.TRAIN or caffe\.TEST"):
        caffe.Net(path)
    with pytest.raises(ValueError, match=r"phase is 5; it is caffe\.TRAIN \(0\)"):
        caffe.Net(path, 5)


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


def test_blobs_and_layers_have_numbers(net):
    assert (net._inputs, net._outputs) == ([0], [2])
    assert (net._bottom_ids(2), net._top_ids(2)) == ([1], [1])
    assert net._blobs[1] is net.blobs["ip"]
    assert (net._forward(0, 3), net._backward(3, 0)) == (0, None)


def test_blobs_have_sizes_by_their_old_names(net):
    blob = net.blobs["data"]
    assert (blob.num, blob.channels, blob.height, blob.width, blob.count) == (2, 3, 1, 1, 6)


def test_weights_are_a_vector_of_blobs(net):
    weights = net.params["ip"]
    assert isinstance(weights, caffe._caffe.BlobVec)
    assert [blob.shape for blob in weights] == [(4, 3), (4,)]
    assert (len(weights), weights[-1].shape) == (2, (4,))


def test_forward_all_runs_in_batches_and_gives_one_item_each(net, rng):
    data = rng.random((5, 3)).astype(np.float32)
    outs = net.forward_all(data=data, blobs=["ip"])
    assert {name: array.shape for name, array in outs.items()} == {"prob": (5, 4), "ip": (5, 4)}
    net.blobs["data"].reshape(5, 3)
    np.testing.assert_allclose(net.forward(data=data)["prob"], outs["prob"], rtol=1e-6)


def test_forward_backward_all_gives_diffs_too(net, rng):
    data, diff = rng.random((3, 3)).astype(np.float32), rng.random((3, 4)).astype(np.float32)
    outs, diffs = net.forward_backward_all(data=data, prob=diff, blobs=["ip"], diffs=["ip"])
    assert (outs["ip"].shape, diffs["ip"].shape, diffs["data"].shape) == ((3, 4), (3, 4), (3, 3))
    net.blobs["data"].reshape(3, 3)
    net.forward(data=data)
    np.testing.assert_allclose(net.backward(prob=diff)["data"], diffs["data"], rtol=1e-5)


def test_outputs_without_items_have_a_value_for_each_batch(tmp_path):
    (tmp_path / "sum.prototxt").write_text("""
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 } } }
layer { name: "sum" type: "Reduction" bottom: "data" top: "sum" }""")
    net = caffe.Net(str(tmp_path / "sum.prototxt"), caffe.TEST)
    assert net.forward_all(data=np.arange(5.0))["sum"].tolist() == [1, 5, 4]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net: net.forward_all(), r"give every one of \['data'\]"),
        (lambda net: net.forward_all(image=np.ones(3)), "no blob 'image'"),
        (lambda net: net.forward(start="conv"), "no layer 'conv'; it has data, ip, relu, prob"),
        (lambda net: net.forward(blobs=["conv"]), "no blob 'conv'; it has data, ip, prob"),
        (lambda net: net.backward(end="conv"), "no layer 'conv'"),
        (lambda net: net.backward(diffs=["conv"]), "no blob 'conv'"),
        (lambda net: net.backward(prob=1.0), "'prob' holds 2 items, got a single number"),
        (
            lambda net: net.forward_backward_all(data=np.ones((4, 3)), ip=np.ones((3, 4))),
            "differ in length",
        ),
    ],
)
def test_what_the_net_does_not_have_is_named(net, call, message):
    with pytest.raises(ValueError, match=message):
        call(net)


def test_callbacks_surround_every_layer(net):
    calls = []
    for when in ("before_forward", "after_forward", "before_backward", "after_backward"):
        getattr(net, when)(lambda layer, when=when: calls.append((when, layer)))
    net.forward(start="ip", end="relu")
    assert calls == [
        ("before_forward", 1), ("after_forward", 1), ("before_forward", 2), ("after_forward", 2),
    ]  # fmt: skip
    calls.clear()
    net.backward(start="ip")
    assert calls == [
        ("before_backward", 1), ("after_backward", 1), ("before_backward", 0), ("after_backward", 0)
    ]  # fmt: skip


def test_callbacks_see_blobs_as_they_are_and_change_no_result(net, rng):
    data, diff = rng.standard_normal((2, 3)), rng.random((2, 4))
    prob = net.forward(data=data)["prob"].copy()
    gradient = net.backward(prob=diff)["data"].copy()
    lowest = []
    net.after_forward(lambda layer: lowest.append(net.blobs["ip"].data.min()))
    np.testing.assert_array_equal(net.forward(data=data)["prob"], prob)
    np.testing.assert_allclose(net.backward(prob=diff)["data"], gradient, rtol=1e-6)
    assert lowest[1] < 0 == lowest[2]  # before and after the ReLU that works in place


def test_what_a_callback_raises_arrives(net):
    def fail(layer):
        raise KeyError("mine")

    net.before_forward(fail)
    with pytest.raises(KeyError, match="mine"):
        net.forward()


def test_arrays_are_handed_to_a_memory_data_layer(tmp_path, net):
    (tmp_path / "memory.prototxt").write_text("""
layer { name: "data" type: "MemoryData" top: "data" top: "label"
        memory_data_param { batch_size: 2 channels: 1 height: 1 width: 3 } }""")
    memory = caffe.Net(str(tmp_path / "memory.prototxt"), caffe.TRAIN)
    data = np.arange(12, dtype=np.float32).reshape(4, 1, 1, 3)
    memory.set_input_arrays(data, np.arange(4, dtype=np.float32))
    memory.forward()
    assert memory.forward()["label"].tolist() == [2, 3]
    np.testing.assert_array_equal(memory.blobs["data"].data, data[2:])
    with pytest.raises(ValueError, match="3 items are no multiple of batch_size"):
        memory.set_input_arrays(data[:3], np.arange(3))
    with pytest.raises(RuntimeError, match=r"first layer is of type MemoryData; 'data' is Input"):
        net.set_input_arrays(data, data)


def test_losses_have_weights(tmp_path):
    (tmp_path / "loss.prototxt").write_text("""
layer { name: "data" type: "Input" top: "a" top: "b" input_param { shape { dim: 2 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "a" bottom: "b" top: "loss" loss_weight: 3 }""")
    net = caffe.Net(str(tmp_path / "loss.prototxt"), caffe.TRAIN)
    assert net.blob_loss_weights == {"a": 0, "b": 0, "loss": 3}
    assert net._blob_loss_weights == [0, 0, 3]


def test_diffs_are_saved_when_asked(net, path, tmp_path):
    import h5py

    net.forward(data=np.ones((2, 3)))
    net.backward(prob=np.eye(2, 4))
    net.save_hdf5(str(tmp_path / "it.h5"), write_diff=True)
    with h5py.File(tmp_path / "it.h5") as file:
        np.testing.assert_array_equal(file["diff/ip/0"][...], net.params["ip"][0].diff)
    other = caffe.Net(path, caffe.TEST)
    other.load_hdf5(str(tmp_path / "it.h5"))
    np.testing.assert_array_equal(other.params["ip"][0].data, net.params["ip"][0].data)
