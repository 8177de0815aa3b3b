"""Nets on a GPU, as their users see them."""

from threading import Thread

import numpy as np
import pytest
from emulated_gpu import EmulatedGpu
from gpu_parity import ON_DEVICE, open_test_gpu, why_no_gpu

from cortado.core import unseen
from cortado.core.device import open_device, opening
from cortado.nets import Net
from cortado.proto import ConfigError, caffe_pb2
from cortado.proto.caffe_pb2 import TEST, TRAIN
from cortado.proto.text import parse_text

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))

NET = """
layer { name: "input" type: "Input" top: "x" top: "labels"
        input_param { shape { dim: 4 dim: 3 dim: 8 dim: 8 } shape { dim: 4 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv"
        convolution_param { num_output: 5 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
        pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip"
        inner_product_param { num_output: 6 weight_filler { type: "xavier" } } }
layer { name: "twice" type: "Python" bottom: "ip" top: "twice"
        python_param { module: "gpu_test_layers" layer: "Twice" } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "twice" bottom: "labels" top: "loss" }
"""

TWICE = """
import caffe


class Twice(caffe.Layer):
    def setup(self, bottom, top):
        pass

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = 2 * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = 2 * top[0].diff
"""

PLAIN = NET.replace('bottom: "twice" bottom: "labels"', 'bottom: "ip" bottom: "labels"').replace(
    NET[NET.index('layer { name: "twice"') : NET.index('layer { name: "loss"')], ""
)


@pytest.fixture(autouse=True)
def gpu(tmp_path, monkeypatch):
    (tmp_path / "gpu_test_layers.py").write_text(TWICE)
    monkeypatch.syspath_prepend(str(tmp_path))
    with opening(open_test_gpu):
        yield open_device("gpu")


def make(text=NET, device="gpu", phase=TRAIN, **options):
    param = caffe_pb2.NetParameter()
    parse_text(text, param)
    net = Net(param, phase, device=device, seed=3, **options)
    rng = np.random.default_rng(0)
    net.blobs["x"].data[...] = rng.standard_normal(net.blobs["x"].shape)
    net.blobs["labels"].data[...] = rng.integers(0, 6, net.blobs["labels"].shape)
    return net


def gradients(net):
    return {name: [b.diff.copy() for b in blobs] for name, blobs in net.params.items()}


def test_a_net_computes_what_it_computes_on_the_host():
    ours, theirs = make(), make(device="cpu")
    for _ in range(4):  # eager, eager, captured, replayed
        assert ours.forward() == pytest.approx(theirs.forward(), rel=1e-5)
        ours.backward(adds=False)
        theirs.backward(adds=False)
        for name, blob in theirs.blobs.items():
            np.testing.assert_allclose(ours.blobs[name].data, blob.data, 1e-4, 1e-5, err_msg=name)
        for name, arrays in gradients(theirs).items():
            for a, b in zip(gradients(ours)[name], arrays, strict=True):
                np.testing.assert_allclose(a, b, 1e-4, 1e-5, err_msg=name)


def test_layers_without_a_kernel_run_on_the_host():
    net = make()
    hosted = [step.layers for step in net.plan.steps if not step.runner.is_on_gpu]
    names = [net.layer_names[i] for layers in hosted for i in layers]
    assert names == ["input", "twice"]


def test_graphs_give_what_single_launches_gave(gpu):
    net = make(PLAIN)
    seen = []
    for _ in range(5):
        loss = net.forward()
        net.backward(adds=False)
        seen.append((loss, gradients(net)))
    if not ON_DEVICE:
        assert gpu.graph_launches
    for loss, found in seen[1:]:
        assert loss == seen[0][0]
        for name, arrays in seen[0][1].items():
            assert all(map(np.array_equal, found[name], arrays)), name


def test_gradients_are_added_until_they_are_cleared():
    net = make(PLAIN)
    net.forward()
    net.backward(adds=False)
    once = gradients(net)
    net.backward()
    for name, arrays in gradients(net).items():
        for twice, one in zip(arrays, once[name], strict=True):
            np.testing.assert_allclose(twice, 2 * one, rtol=1e-5, atol=1e-7)
    net.clear_diffs()
    net.forward()
    net.backward()
    for name, arrays in gradients(net).items():
        assert all(map(np.allclose, arrays, once[name]))


@pytest.mark.skipif(ON_DEVICE, reason="counts what an emulated device is asked to do")
def test_gradients_are_cleared_where_they_are(gpu):
    net = make(PLAIN)
    net.forward()
    net.backward()
    before = gpu.downloads, gpu.bytes_uploaded
    net.clear_diffs()
    with gpu.residence.running():
        assert gpu.downloads == before[0]
        assert gpu.bytes_uploaded - before[1] < net.weights.size
    assert not net.weights.diff.any()


def test_what_is_written_to_a_blob_counts_in_the_next_pass():
    net = make(PLAIN)
    net.forward()
    held = net.blobs["x"].data
    before = net.blobs["ip"].data.copy()
    held[...] = 0  # an array of an earlier pass, as scripts keep them
    net.forward()
    assert not np.allclose(net.blobs["ip"].data, before)
    assert np.allclose(net.blobs["ip"].data, net.params["ip"][1].data)


@pytest.mark.skipif(ON_DEVICE, reason="counts what an emulated device is asked to do")
def test_inputs_that_nobody_holds_are_not_sent_again(gpu):
    net = make(PLAIN, keep=())
    inputs = [net.blobs["x"], net.blobs["labels"]]
    for blob in inputs:
        blob.handed_out = False
    with unseen(inputs):
        inputs[0].data[...] = 1
    net.forward()
    sent = gpu.bytes_uploaded
    net.forward()
    assert gpu.bytes_uploaded - sent < net.blobs["x"].nbytes


def test_parts_of_a_net_run_by_themselves():
    ours, theirs = make(), make(device="cpu")
    for net in (ours, theirs):
        net.forward()
        net.blobs["pool"].data[...] = 1
        net.forward(start=4)
        net.backward(start=6, end=4)
    for name in ("ip", "loss"):
        np.testing.assert_allclose(ours.blobs[name].data, theirs.blobs[name].data, rtol=1e-5)
    for a, b in zip(gradients(ours)["ip"], gradients(theirs)["ip"], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_inputs_may_change_shape():
    ours, theirs = make(PLAIN), make(PLAIN, device="cpu")
    for batch in (2, 6, 3):
        for net in (ours, theirs):
            net.blobs["x"].reshape(batch, 3, 8, 8)
            net.blobs["labels"].reshape(batch)
            net.blobs["x"].data[...] = np.arange(batch * 192).reshape(batch, 3, 8, 8) % 7
            net.blobs["labels"].data[...] = np.arange(batch) % 6
        assert ours.forward() == pytest.approx(theirs.forward(), rel=1e-5)


def test_a_net_may_use_the_weights_of_another():
    trained = make(PLAIN)
    tested = make(PLAIN, phase=TEST, share_with=trained)
    trained.params["ip"][0].data[...] = 0
    tested.forward()
    assert np.allclose(tested.blobs["ip"].data, tested.params["ip"][1].data)


def test_memory_is_shared_where_nobody_looks():
    net = make(PLAIN, keep=("ip",))
    kept, other = net.forward(), make(PLAIN, device="cpu").forward()
    assert kept == pytest.approx(other, rel=1e-5)
    assert net.plan.sharing.arena
    net.backward()


def test_a_label_that_is_no_class_is_named():
    net = make(PLAIN)
    net.blobs["labels"].data[2] = 17
    with pytest.raises(ConfigError, match=r"layer 'loss' \(SoftmaxWithLoss\): .*17"):
        net.forward()


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_blobs_are_stored_in_16_bits_but_for_labels_and_losses(precision):
    net, exact = make(PLAIN, precision=precision), make(PLAIN, device="cpu")
    assert net.forward() == pytest.approx(exact.forward(), rel=0.02)
    net.backward(adds=False)
    exact.backward(adds=False)
    stored = {name: str(blob.gpu_data.dtype) for name, blob in net.blobs.items()}
    half = "uint16" if precision == "bfloat16" else "float16"
    assert stored == {
        "x": half,
        "labels": "float32",
        "conv": half,
        "pool": half,
        "ip": half,
        "loss": "float32",
    }
    scale = 2.0**16 if precision == "float16" else 1
    for name, arrays in gradients(exact).items():
        for ours, theirs in zip(gradients(net)[name], arrays, strict=True):
            np.testing.assert_allclose(ours / scale, theirs, rtol=0.1, atol=0.02, err_msg=name)


def test_gradients_of_parts_are_scaled_in_float16_too():
    whole, parts = make(PLAIN, precision="float16"), make(PLAIN, precision="float16")
    for net in (whole, parts):
        net.forward()
    whole.backward(adds=False)
    parts.clear_diffs()
    for i in reversed(range(len(parts.layers))):
        parts.backward(i, i)
    for name, arrays in gradients(whole).items():
        assert all(map(np.allclose, gradients(parts)[name], arrays)), name


def test_a_loss_may_be_stored_in_float16():
    text = PLAIN[: PLAIN.index('layer { name: "loss"')]
    net = make(text + 'layer { name: "y" type: "AbsVal" bottom: "ip" top: "y" loss_weight: 0.25 }',
               precision="float16")  # fmt: skip
    net.forward()
    net.backward()
    assert net.blobs["y"].gpu_diff.dtype == "float16"
    assert np.all(net.blobs["y"].diff == 2.0**14)


def test_threads_take_turns():
    nets = [make() for _ in range(2)]
    expected = nets[0].forward()
    seen = [[], []]

    def run(net, losses):
        for _ in range(6):
            losses.append(net.forward())
            net.backward()

    threads = [Thread(target=run, args=pair) for pair in zip(nets, seen, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [[expected] * 6] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": "float8"}, "precision: 'float8' is none of float32, tf32, bfloat16"),
        ({"precision": "tf32", "device": "cpu"}, 'precision: "tf32" needs a GPU'),
        ({"device": "gpu:x"}, "device: 'gpu:x' is none of"),
    ],
)
def test_what_a_device_cannot_do_is_named(options, message):
    with pytest.raises(ConfigError, match=message):
        make(PLAIN, **options)


@pytest.mark.skipif(ON_DEVICE, reason="limits the memory of an emulated device")
def test_a_device_without_room_says_what_takes_it():
    with opening(lambda ordinal: EmulatedGpu(limit=6_000, ordinal=ordinal)):
        net = make(PLAIN)
        message = r"no room for .*lower batch_size.* largest blobs.* 'x' 0.0 MiB.*; all weights"
        with pytest.raises(ConfigError, match=message):
            net.forward()


def test_weights_of_another_device_are_refused():
    ours, theirs = make(PLAIN), make(PLAIN, device="cpu")
    message = 'on device "gpu" it cannot use the weights of a net on device "cpu"'
    with pytest.raises(ConfigError, match=message):
        ours.share_weights(theirs)
    with pytest.raises(ConfigError, match=message):
        make(PLAIN, share_with=theirs)
