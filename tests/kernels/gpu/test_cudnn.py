"""Layers whose products cuDNN takes, or declines; its graphs are computed on the host."""

import gc

import numpy as np
import pytest
from gpu_parity import ON_DEVICE, check_parity, open_test_gpu
from host_cudnn import computing_graphs

from cortado.core.device import opening
from cortado.kernels.choice import only
from cortado.kernels.gpu import Context, cudnn_graphs
from cortado.kernels.gpu.cudnn_choice import may_ask_cudnn
from cortado.nets import Net
from cortado.proto import caffe_pb2
from cortado.proto.caffe_pb2 import TRAIN
from cortado.proto.text import parse_text

pytestmark = pytest.mark.skipif(ON_DEVICE, reason="cuDNN is there")

CONVOLUTION = {"gathering", "scattering", "filter gradient"}
NET = """
force_backward: true
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 2 dim: 6 dim: 5 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 FILLER } }
layer { name: "relu1" bottom: "conv" top: "conv" RELU }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
        inner_product_param { num_output: 5 FILLER } }
layer { name: "relu2" bottom: "ip" top: "ip" RELU }
layer { name: "sum" type: "Reduction" bottom: "ip" top: "sum" loss_weight: 1
        reduction_param { operation: SUMSQ } }
"""


@pytest.fixture
def asked(monkeypatch):
    with computing_graphs(monkeypatch) as asked:
        yield asked


def convolution(options: str, type: str = "Convolution") -> str:
    return f'type: "{type}" convolution_param {{ {options} }}'


def inner_product(options: str) -> str:
    return f'type: "InnerProduct" inner_product_param {{ {options} }}'


@pytest.mark.parametrize("type", ["Convolution", "Deconvolution"])
@pytest.mark.parametrize(
    "window",
    [
        "kernel_size: 1",
        "kernel_size: 3 pad: 1 dilation: 2 bias_term: false",
        "kernel_h: 3 kernel_w: 2 stride_h: 1 stride_w: 3 pad_h: 2 pad_w: 1 group: 2",
    ],
)
def test_filters(gpu, asked, type, window):
    check_parity(gpu, convolution(f"num_output: 6 {window}", type), (2, 4, 6, 7), atol=1e-4)
    assert asked.names == CONVOLUTION


@pytest.mark.parametrize("shape", [(2, 3, 9), (2, 3, 3, 4, 5)])
def test_sequences_and_volumes(gpu, asked, shape):
    check_parity(
        gpu, convolution("num_output: 2 kernel_size: 3 stride: 2 pad: 1"), shape, atol=1e-4
    )
    assert asked.names == CONVOLUTION


def test_bottoms_share_the_filters(gpu, asked):
    prototxt = convolution("num_output: 2 kernel_size: 2")
    check_parity(gpu, prototxt, (2, 3, 4, 5), (1, 3, 3, 3), tops=2, atol=1e-4)
    assert asked.names == CONVOLUTION


@pytest.mark.parametrize("options", ["", "transpose: true", "axis: 2", "bias_term: false"])
def test_inner_products(gpu, asked, options):
    check_parity(gpu, inner_product(f"num_output: 4 {options}"), (2, 3, 4, 2))
    assert asked.names == {"matrix product"}


@pytest.mark.parametrize("declined", sorted(CONVOLUTION))
def test_what_has_no_plan_is_left_to_our_own_code(gpu, monkeypatch, declined):
    with computing_graphs(monkeypatch, declines=lambda recipe: recipe.name == declined) as asked:
        check_parity(gpu, convolution("num_output: 3 kernel_size: 2"), (2, 3, 4, 5), atol=1e-4)
    assert asked.names == CONVOLUTION - {declined}


def test_a_second_form_is_asked_for(gpu, monkeypatch):
    with computing_graphs(monkeypatch, declines=lambda it: it.name == "matrix product") as asked:
        check_parity(gpu, inner_product("num_output: 4"), (2, 6))
    assert asked.names == CONVOLUTION
    with computing_graphs(monkeypatch, declines=lambda it: True) as asked:
        check_parity(gpu, inner_product("num_output: 4"), (2, 6))
    assert not asked.names


def test_a_plan_that_is_missing_keeps_no_memory(gpu, monkeypatch):
    tried = convolution("num_output: 3 kernel_size: 2")
    with computing_graphs(monkeypatch, declines=lambda it: True):
        check_parity(gpu, tried, (2, 3, 4, 5), atol=1e-4)
        gc.collect()
        free, total = gpu.memory_info()
        assert total - free < cudnn_graphs.LIMIT


@pytest.mark.parametrize("prototxt", [convolution("num_output: 2 kernel_size: 2")])
def test_nothing(gpu, asked, prototxt):
    check_parity(gpu, prototxt, np.zeros((0, 3, 4, 5)))
    assert not asked.names


def run(text, **options):
    param = caffe_pb2.NetParameter()
    filler = 'weight_filler { type: "gaussian" std: 1 } bias_filler { type: "uniform" min: -1 }'
    parse_text(text.replace("FILLER", filler), param)
    net = Net(param, phase=TRAIN, seed=3, **options)
    net.blobs["x"].data[...] = np.random.default_rng(5).standard_normal(net.blobs["x"].shape)
    results = []
    for _ in range(2):
        net.forward()
        net.backward(adds=False)
        weights = [blob for blobs in net.params.values() for blob in blobs]
        blobs = net.blobs["conv"], net.blobs["ip"]
        scale = 2.0**16 if options.get("precision") == "float16" else 1
        results += [blob.data.copy() for blob in blobs]
        results += [blob.diff / scale for blob in (net.blobs["x"], *weights)]
    return results


@pytest.mark.parametrize("fuses", [True, False])
@pytest.mark.parametrize(
    "relu", ['type: "ReLU"', 'type: "ReLU" relu_param { negative_slope: 0.2 }', 'type: "ReLU6"']
)
def test_relu(monkeypatch, relu, fuses):
    text = NET.replace("RELU", relu)
    expected = run(text)

    def has_relu(recipe):
        return recipe.settings.get("slope") is not None

    declines = (lambda recipe: False) if fuses else has_relu
    with opening(open_test_gpu), computing_graphs(monkeypatch, declines=declines) as asked:
        results = run(text, device="gpu")
    assert any(map(has_relu, asked.planned)) == (fuses and "6" not in relu)
    for result, array in zip(results, expected, strict=True):
        np.testing.assert_allclose(result, array, 1e-3, 1e-4)


@pytest.mark.parametrize("widens", [True, False])
@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_16_bits(monkeypatch, precision, widens):
    # float16 gradients are 2^16 times what they are.
    text = NET.replace("RELU", 'type: "ReLU"').replace("loss_weight: 1", "loss_weight: 1e-4")
    expected = run(text)

    def widening(recipe):
        return recipe.inputs[next(iter(recipe.inputs))].dtype != "float32" and any(
            t.dtype == "float32" for t in recipe.outputs.values()
        )

    declines = (lambda recipe: False) if widens else widening
    with opening(open_test_gpu), computing_graphs(monkeypatch, declines=declines) as asked:
        results = run(text, device="gpu", precision=precision)
    assert any(map(widening, asked.planned)) == widens
    for recipe in asked.planned:
        assert {t.dtype for t in recipe.inputs.values()} == {precision}
    for result, array in zip(results, expected, strict=True):
        scale = np.abs(array).max()
        np.testing.assert_allclose(result, array, 0.05, 0.03 * scale)


def test_cudnn_is_not_asked_where_it_may_not_be_or_cannot_run(gpu):
    assert not may_ask_cudnn(Context(gpu))
    with only("numpy"):
        assert not may_ask_cudnn(Context(gpu))
