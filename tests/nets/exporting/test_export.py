import subprocess
import sys

import numpy as np
import pytest

from cortado.core.layer import Layer
from cortado.core.registry import register
from cortado.nets.exporting import Preprocessing, export_onnx, exporters, exports
from cortado.nets.exporting.checking import compare, random_inputs
from cortado.proto import ConfigError

NET = """
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "drop" type: "Dropout" bottom: "conv" top: "conv" }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
        inner_product_param { num_output: 5 } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""
# What BVLC Caffe has besides data layers, losses and measures.
DEPLOYED = """
AbsVal ArgMax BNLL BatchNorm BatchReindex Bias Clip Concat Convolution Crop Deconvolution
Dropout DummyData ELU Eltwise Embed Exp Filter Flatten Im2col InnerProduct LRN LSTM LSTMUnit Log
MVN PReLU Parameter Pooling Power RNN ReLU Reduction Reshape SPP Scale Sigmoid Silence Slice
Softmax Split Swish TanH Threshold Tile
"""


def names(values):
    return [value.name for value in values]


def shape(value):
    return [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]


@pytest.fixture
def net(make_net):
    return make_net(NET, data=(2, 3, 6, 7))


def test_values_have_the_names_of_their_blobs(net):
    model = export_onnx(net)
    assert names(model.graph.input) == ["data"]
    assert names(model.graph.output) == ["prob"]
    outputs = [node.output[0] for node in model.graph.node]
    assert outputs[1] == "conv"  # as the last layer in place leaves it
    assert outputs[-2:] == ["ip", "prob"]


def test_the_model_is_valid_onnx_of_a_fixed_opset(net):
    import onnx

    model = export_onnx(net)
    onnx.checker.check_model(model, full_check=True)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 18)]


def test_shapes_are_declared(net):
    model = export_onnx(net)
    assert shape(model.graph.input[0]) == [2, 3, 6, 7]
    assert shape(model.graph.output[0]) == [2, 5]


def test_any_batch(net):
    model = export_onnx(net, dynamic_batch=True)
    assert shape(model.graph.input[0]) == ["N", 3, 6, 7]
    assert shape(model.graph.output[0]) == ["N", 5]
    for n in (1, 5):
        x = np.random.default_rng(n).standard_normal((n, 3, 6, 7)).astype("float32")
        assert all(found.agrees for found in compare(net, model, {"data": x}))


def test_outputs_that_are_copies_exist_all(check):
    layers = """layer { name: "s" type: "Split" bottom: "r" top: "a" top: "b" }
                layer { name: "d" type: "Dropout" bottom: "x" top: "c" }"""
    relu = 'layer { name: "relu" type: "ReLU" bottom: "x" top: "r" }'
    model = check(relu + layers, x=(2, 3))
    assert names(model.graph.output) == ["a", "b", "c"]


def test_inputs_that_are_outputs_are_no_outputs(make_net):
    net = make_net('layer { name: "r" type: "ReLU" bottom: "x" top: "y" }', x=(2, 3))
    assert names(export_onnx(net).graph.output) == ["y"]


def test_a_net_without_outputs_is_refused(make_net):
    net = make_net('layer { name: "q" type: "Silence" bottom: "x" }', x=(2,))
    with pytest.raises(ConfigError, match="has no output to export"):
        export_onnx(net)


def test_every_type_that_inference_meets_is_known():
    assert set(DEPLOYED.split()) - set(exporters()) == set()


@register("TestRoundUp")
class RoundUp(Layer):
    def infer_shapes(self, bottom_shapes):
        return bottom_shapes

    def forward_cpu(self, bottom, top):
        np.ceil(bottom[0].data, out=top[0].data)


def test_a_type_of_ones_own_needs_a_function(make_net):
    net = make_net('layer { name: "up" type: "TestRoundUp" bottom: "x" top: "y" }', x=(2, 3))
    with pytest.raises(ConfigError, match=r"'up' \(TestRoundUp\): cannot be exported: .* register"):
        export_onnx(net)
    exports("TestRoundUp")(lambda e: e.node("Ceil", *e.bottoms))
    try:
        (found,) = compare(net, export_onnx(net), random_inputs(net))
        assert found.difference == 0
    finally:
        del exporters()["TestRoundUp"]


@pytest.mark.parametrize(
    "preprocessing",
    [
        Preprocessing(np.array([1, 2, 3], "float32"), 0.5, swaps_channels=True),
        Preprocessing(np.array([0.5], "float32")),
        Preprocessing(np.arange(126, dtype="float32").reshape(3, 6, 7) / 50),
        Preprocessing(scale=2.0),
        Preprocessing(),
    ],
    ids=["all", "one number", "image", "scale", "nothing"],
)
def test_preprocessing_is_part_of_the_model(check, preprocessing):
    model = check(NET, data=(2, 3, 6, 7), preprocessing=preprocessing, batches=[3])
    assert names(model.graph.input) == ["data"]
    assert (model.graph.node[0].op_type == "Conv") == preprocessing.changes_nothing


@pytest.mark.parametrize(
    ("preprocessing", "inputs", "message"),
    [
        (Preprocessing(scale=2.0), (2, 3), r"'data' has shape \(2, 3\)"),
        (Preprocessing(swaps_channels=True), (2, 1, 6, 7), "-swap_channels.* 1 channels, not 3"),
        (Preprocessing(np.zeros(2)), (2, 3, 6, 7), r"-mean: has shape \(2,\); .* takes \(3,\)"),
    ],
)
def test_preprocessing_has_to_fit(make_net, preprocessing, inputs, message):
    net = make_net('layer { name: "r" type: "ReLU" bottom: "data" top: "y" }', data=inputs)
    with pytest.raises(ConfigError, match=message):
        export_onnx(net, preprocessing=preprocessing)


def test_models_too_large_for_a_file_are_refused(net, monkeypatch):
    from cortado.nets.exporting import onnx_graph

    monkeypatch.setattr(onnx_graph, "_MOST", 1000)
    with pytest.raises(ConfigError, match="ip/weights: with it the model has more than 0.00 GiB"):
        export_onnx(net)


@pytest.mark.parametrize(
    ("preprocessing", "keys"),
    [
        (Preprocessing(), set()),
        (Preprocessing(scale=2.0), {"scale", "preprocessing"}),
        (Preprocessing(np.ones(1)), {"mean", "preprocessing"}),
        (Preprocessing(np.ones((3, 2, 2))), {"mean", "channel_order", "preprocessing"}),
        (Preprocessing(swaps_channels=True), {"channel_order", "preprocessing"}),
    ],
)
def test_only_what_is_known_is_told(preprocessing, keys):
    assert set(preprocessing.facts(in_model=True)) == keys


def test_facts_become_metadata(net):
    model = export_onnx(net, facts={"mean": "1,2,3"})
    assert [(fact.key, fact.value) for fact in model.metadata_props] == [("mean", "1,2,3")]


def test_nothing_of_onnx_is_loaded_before_it_is_needed():
    code = (
        "import sys, cortado.tools.export_onnx; print({'onnx', 'onnxruntime'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")
    assert done.stdout == "set()\n", done.stderr
