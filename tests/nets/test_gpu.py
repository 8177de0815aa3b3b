"""Nets on a GPU, as their users see them."""

from threading import Thread

import numpy as np
import pytest
from gpu_nets import PLAIN, TWICE, gradients, make
from gpu_parity import ON_DEVICE, open_test_gpu, why_no_gpu

from cortado.core import unseen
from cortado.core.device import open_device, opening
from cortado.proto.caffe_pb2 import TEST

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))


@pytest.fixture(autouse=True)
def gpu(tmp_path, monkeypatch):
    (tmp_path / "gpu_test_layers.py").write_text(TWICE)
    monkeypatch.syspath_prepend(str(tmp_path))
    with opening(open_test_gpu):
        yield open_device("gpu")


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
