"""The commands of `caffe` with -gpu 0."""

import re

import numpy as np
import pytest
from gpu_parity import ON_DEVICE, open_test_gpu, why_no_gpu

from cortado.core.device import open_device, opening
from cortado.proto import read_weights

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))


@pytest.fixture(autouse=True)
def gpu():
    with opening(open_test_gpu):
        yield open_device("gpu")


def numbers(lines, pattern):
    return [float(x) for line in lines for x in re.findall(pattern, line)]


def weights():
    return {
        layer.name: [np.array(blob) for blob in layer.blobs]
        for layer in read_weights("it_iter_4.caffemodel")
        if layer.blobs
    }


def test_train_logs_and_saves_what_it_does_on_the_host(pictures, caffe):
    found = {}
    for words in (["-gpu", "0"], []):
        status, lines = caffe("train", "-solver", "solver.prototxt", *words)
        assert status == 0
        assert ("caffe.cpp:197] Using GPUs 0" in lines) == bool(words)
        assert "caffe.cpp:250] Optimization Done." in lines
        found[len(words)] = numbers(lines, r"(?:loss|accuracy) = ([\d.e+-]+)"), weights()
    assert found[0][0]
    np.testing.assert_allclose(found[2][0], found[0][0], rtol=1e-4)
    for name, blobs in found[0][1].items():
        for ours, theirs in zip(found[2][1][name], blobs, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-6)


def test_a_run_goes_on_from_a_snapshot_of_the_host(pictures, caffe):
    caffe("train", "-solver", "solver.prototxt")
    text = (pictures / "solver.prototxt").read_text().replace("max_iter: 4", "max_iter: 6")
    (pictures / "solver.prototxt").write_text(text)
    words = ("train", "-solver", "solver.prototxt", "-snapshot", "it_iter_4.solverstate")
    status, lines = caffe(*words, "-gpu", "0")
    assert status == 0
    assert "caffe.cpp:197] Using GPUs 0" in lines
    on_gpu = numbers(lines, r"loss = ([\d.e+-]+)")
    assert on_gpu
    _, lines = caffe(*words)
    np.testing.assert_allclose(on_gpu, numbers(lines, r"loss = ([\d.e+-]+)"), rtol=1e-4)


@pytest.mark.parametrize("precision", ["tf32", "bfloat16", "float16"])
def test_train_in_other_precisions_comes_close(pictures, caffe, precision):
    _, lines = caffe("train", "-solver", "solver.prototxt")
    exact = numbers(lines, r"Test net output #1: loss = ([\d.e+-]+)")
    status, lines = caffe(
        "train", "-solver", "solver.prototxt", "-gpu", "0", "--precision", precision
    )
    assert status == 0
    found = numbers(lines, r"Test net output #1: loss = ([\d.e+-]+)")
    assert exact
    np.testing.assert_allclose(found, exact, rtol=0.05)
    if precision != "tf32":  # which devices may not round to, as the emulated one does not
        assert found != exact


def test_several_gpus_are_said_to_be_one(pictures, caffe):
    status, lines = caffe("train", "-solver", "solver.prototxt", "-gpu", "0,1")
    assert status == 0
    assert any("a net runs on one GPU: on gpu:0" in line for line in lines)


def test_solver_mode_gpu_is_followed(pictures, caffe):
    with open("solver.prototxt", "a") as file:
        file.write("solver_mode: GPU")
    status, lines = caffe("train", "-solver", "solver.prototxt")
    assert status == 0
    assert "caffe.cpp:197] Using GPUs 0" in lines


def test_test_prints_the_scores_of_the_host(pictures, caffe):
    caffe("train", "-solver", "solver.prototxt")
    words = ("test", "-model", "net.prototxt", "-weights", "it_iter_4.caffemodel")
    scores = []
    for device in (["-gpu", "0"], []):
        status, lines = caffe(*words, "-iterations", 3, *device)
        assert status == 0
        scores.append(numbers(lines, r"(?:loss|accuracy) = ([\d.e+-]+)"))
    assert scores[0]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-5)


def test_time_tells_layers_and_kernels(pictures, caffe):
    status, lines = caffe("time", "-model", "net.prototxt", "-iterations", 2, "-gpu", "0")
    assert status == 0
    text = "\n".join(lines)
    assert "Layers that run on the host, with copies each way: none." in text
    assert re.search(r"\] ip forward: \d+ GFLOP/s \[.*matmul.*\]", text)
    assert re.search(r"\] +loss\tbackward: [\d.e-]+ ms\.", text)


def test_time_names_the_layers_that_run_on_the_host(pictures, caffe):
    net = (pictures / "net.prototxt").read_text()
    saving = (
        'layer { name: "saved" type: "HDF5Output" bottom: "ip" bottom: "label" '
        'hdf5_output_param { file_name: "saved.h5" } }'
    )
    (pictures / "net.prototxt").write_text(net + saving)
    status, lines = caffe("time", "-model", "net.prototxt", "-iterations", 1, "-gpu", "0")
    assert status == 0
    assert any("run on the host, with copies each way: saved." in line for line in lines)


def test_features_are_those_of_the_host(pictures, caffe, gpu):
    caffe("train", "-solver", "solver.prototxt")
    words = ("extract_features", "it_iter_4.caffemodel", "net.prototxt", "ip")
    assert caffe(*words, "host.npz", 2, "npz")[0] == 0
    assert ON_DEVICE or not gpu.launches
    assert caffe(*words, "gpu.npz", 2, "npz", "GPU", 0)[0] == 0
    assert ON_DEVICE or gpu.launches
    with np.load("host.npz") as host, np.load("gpu.npz") as device:
        for name in host.files:
            np.testing.assert_allclose(device[name], host[name], rtol=1e-4, atol=1e-5)
