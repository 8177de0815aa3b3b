"""Scripts that were written for pycaffe on a GPU."""

import numpy as np
import pytest
from gpu_parity import open_test_gpu, why_no_gpu

import caffe
from cortado.core.device import opening

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))

NET = """
layer { name: "data" type: "Input" top: "data"
        input_param { shape { dim: 2 dim: 3 dim: 6 dim: 6 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
        inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""

TRAINED = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
        dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 }
                           data_filler { value: 1 } data_filler { value: 1 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""


@pytest.fixture(autouse=True)
def gpu_mode():
    with opening(open_test_gpu):
        caffe.set_device(0)
        caffe.set_mode_gpu()
        caffe.set_random_seed(7)
        yield
        caffe.set_mode_cpu()


@pytest.fixture
def path(tmp_path):
    (tmp_path / "net.prototxt").write_text(NET)
    return str(tmp_path / "net.prototxt")


def on_both(path, images):
    """The net's results on the GPU and on the host, with the same weights."""
    ours = caffe.Net(path, caffe.TEST)
    caffe.set_mode_cpu()
    theirs = caffe.Net(path, caffe.TEST)
    assert ours._net.gpu is not None
    assert theirs._net.gpu is None
    for name, blobs in theirs.params.items():
        for blob, source in zip(blobs, ours.params[name], strict=True):
            blob.data[...] = source.data
    results = []
    for net in (ours, theirs):
        net.blobs["data"].data[...] = images
        results.append({name: array.copy() for name, array in net.forward().items()})
    return ours, theirs, results


def test_forward_gives_what_it_gives_on_the_host(path):
    images = np.random.default_rng(0).standard_normal((2, 3, 6, 6))
    ours, theirs, results = on_both(path, images)
    np.testing.assert_allclose(results[0]["prob"], results[1]["prob"], rtol=1e-5)
    for name in theirs.blobs:
        np.testing.assert_allclose(
            ours.blobs[name].data, theirs.blobs[name].data, rtol=1e-4, atol=1e-6
        )


def test_blobs_are_numpy_arrays_that_can_be_written(path):
    net = caffe.Net(path, caffe.TEST)
    net.forward()
    assert type(net.blobs["conv"].data) is np.ndarray
    net.params["ip"][0].data[...] = 0
    net.params["ip"][1].data[...] = [0, 0, 9, 0, 0]
    assert net.forward()["prob"].argmax(1).tolist() == [2, 2]


def test_a_gradient_at_the_output_goes_back_to_the_input(path):
    text = NET + "force_backward: true"
    with open(path, "w") as file:
        file.write(text)
    forced, unforced, _ = on_both(path, np.ones((2, 3, 6, 6)))
    for net in (forced, unforced):
        net.blobs["prob"].diff[...] = 0
        net.blobs["prob"].diff[:, 1] = 1
        net.backward()
    np.testing.assert_allclose(
        forced.blobs["data"].diff, unforced.blobs["data"].diff, rtol=1e-4, atol=1e-7
    )
    assert forced.blobs["data"].diff.any()


def test_forward_from_a_layer_on_uses_what_was_written_above(path):
    net = caffe.Net(path, caffe.TEST)
    net.forward()
    net.blobs["conv"].data[...] = 0
    net.forward(start="ip")
    assert np.allclose(net.blobs["ip"].data, net.params["ip"][1].data)


def test_weights_are_saved_as_they_are_on_the_device(path, tmp_path):
    net = caffe.Net(path, caffe.TEST)
    net.forward()
    net.save(str(tmp_path / "saved.caffemodel"))
    other = caffe.Net(path, str(tmp_path / "saved.caffemodel"), caffe.TEST)
    for name, blobs in net.params.items():
        for blob, copy in zip(blobs, other.params[name], strict=True):
            assert np.array_equal(blob.data, copy.data)


def test_a_solver_trains(tmp_path):
    (tmp_path / "net.prototxt").write_text(TRAINED)
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{tmp_path}/net.prototxt" base_lr: 0.5 lr_policy: "fixed" type: "Adam" max_iter: 6 '
        f'momentum: 0.9 momentum2: 0.99 snapshot_prefix: "{tmp_path}/it" random_seed: 1'
    )
    solver = caffe.get_solver(str(tmp_path / "solver.prototxt"))
    assert solver.net._net.gpu is not None
    solver.step(1)
    first = float(solver.net.blobs["loss"].data)
    solver.step(4)
    assert float(solver.net.blobs["loss"].data) < first
    solver.snapshot()
    solver.restore(str(tmp_path / "it_iter_5.solverstate"))
    assert solver.iter == 5
