"""Our worker on a GPU: emulated, or with CORTADO_TEST_GPU set, the first of the machine."""

from types import SimpleNamespace

import numpy as np
import pytest
from contest.agreement import differences
from cortado_worker import prepare
from gpu_parity import ON_DEVICE, open_test_gpu, why_no_gpu
from nets.job import write_job
from nets.zoo import Subject

from cortado.core.device import open_device, opening

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))

PICTURES = 2 * 5 * 5 * 4  # bytes
LAYERS = """
layer {
  name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 2 kernel_size: 3 weight_filler { type: "msra" } }
}
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer {
  name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 3 }
}
"""
DEPLOYED = """
layer {
  name: "data" type: "Input" top: "data"
  input_param { shape { dim: 1 dim: 1 dim: 5 dim: 5 } }
}
"""
TRAINING = """
layer { name: "data" type: "Data" top: "data" top: "label" }
"""
LOSS = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A job: two pictures of 5 x 5."""
    models = tmp_path_factory.mktemp("models")
    (models / "deploy.prototxt").write_text(DEPLOYED + LAYERS)
    (models / "train_val.prototxt").write_text(TRAINING + LAYERS + LOSS)
    return write_job(models / "job", Subject(models, 2), training=True).folder


@pytest.fixture
def gpu():
    with opening(open_test_gpu):
        yield open_device("gpu")


def prepared(folder, **told):
    usual = {"training": True, "device": "gpu", "precision": "float32", "update": True}
    return prepare(SimpleNamespace(**{"folder": str(folder), "check": None, **usual, **told}))


def test_results_on_a_gpu_are_those_of_the_host(folder, gpu, tmp_path):
    paths = {}
    for device in ("cpu", "gpu"):
        paths[device] = tmp_path / f"{device}.npz"
        prepared(folder, device=device, check=str(paths[device])).save(paths[device])
    assert max(differences(paths["gpu"], paths["cpu"])) < 1e-5
    with np.load(paths["gpu"]) as results:
        assert np.any(results["gradient conv:0"])


def test_results_in_16_bits_are_near(folder, gpu, tmp_path):
    paths = {}
    for precision in ("float32", "bfloat16"):
        paths[precision] = tmp_path / f"{precision}.npz"
        told = {"precision": precision, "check": str(paths[precision])}
        prepared(folder, **told).save(paths[precision])
    outputs, gradients = differences(paths["bfloat16"], paths["float32"])
    assert 0 < outputs < 0.05
    assert 0 < gradients < 0.1


@pytest.mark.skipif(ON_DEVICE, reason="counts what an emulated device is asked to do")
def test_steps_neither_send_inputs_nor_wait(folder, gpu):
    job = prepared(folder)
    job.run(1)
    launches, downloads, sent = gpu.graph_launches, gpu.downloads, gpu.bytes_uploaded
    job.run(3)
    assert gpu.graph_launches > launches
    assert gpu.downloads == downloads
    assert gpu.bytes_uploaded - sent < 3 * PICTURES  # the rate and such, in each step


def test_memory_is_what_the_net_took(folder, gpu):
    job = prepared(folder)
    free, total = gpu.memory_info()
    assert 0 < job.memory() <= total - free
    give_back = job.give_back
    del job
    give_back()
