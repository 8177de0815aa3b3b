import cv2
import numpy as np
import pytest

from cortado.nets import Net, save_weights
from cortado.proto import parse_net, write_mean
from cortado.tools.cli import main

NET = """
name: "Little"
layer { name: "data" type: "Input" top: "data" input_param { shape {
        dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "prob" type: "Softmax" bottom: "conv" top: "prob" }
"""


@pytest.fixture
def export(tmp_path, monkeypatch, capsys):
    """export(*flags) -> (exit status, lines printed, the model or None)."""
    onnx = pytest.importorskip("onnx")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    net = Net(parse_net(NET), 1, seed=1)
    for i, value in enumerate((0.1, 0.5, 1)):
        net.params["bn"][i].data[...] = value
    save_weights(net, "w.caffemodel")

    def run(*flags):
        status = main(["export_onnx", "net.prototxt", "w.caffemodel", "-o", "m.onnx", *flags])
        captured = capsys.readouterr()
        path = tmp_path / "m.onnx"
        model = onnx.load(path) if path.exists() else None
        return status, (captured.out + captured.err).splitlines(), model

    return run


def shape(value):
    return [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]


def facts(model):
    return {fact.key: fact.value for fact in model.metadata_props}


def test_the_model_is_written_and_described(export):
    status, lines, model = export()
    assert status == 0
    assert lines[0].startswith("m.onnx: 2 nodes, 0.0 MiB, opset 18")
    assert lines[1:] == ["  input data 1x3x8x8", "  output prob 1x4x6x6"]
    assert [node.op_type for node in model.graph.node] == ["Conv", "Softmax"]
    assert model.graph.name == "Little"
    assert not facts(model)


def test_nothing_is_folded_with_nofold(export):
    _, _, model = export("-nofold")
    assert [node.op_type for node in model.graph.node][1] == "BatchNormalization"


def test_inputs_take_other_shapes(export):
    assert shape(export("-input", "2x3x9x10")[2].graph.output[0]) == [2, 4, 7, 8]
    assert shape(export("-input", "data=2x3x9x10")[2].graph.output[0]) == [2, 4, 7, 8]
    _, lines, model = export("-dynamic_batch")
    assert lines[1] == "  input data Nx3x8x8"
    assert shape(model.graph.output[0]) == ["N", 4, 6, 6]


def test_sizes_that_only_a_run_tells_are_shown_as_such(export, tmp_path):
    filtered = """layer { name: "s" type: "Slice" bottom: "prob" top: "a" top: "b" slice_param {
                           axis: 1 slice_point: 3 } }
                  layer { name: "sum" type: "Reduction" bottom: "b" top: "s" reduction_param {
                           axis: 1 } }
                  layer { name: "f" type: "Filter" bottom: "a" bottom: "s" top: "kept" }"""
    net = tmp_path / "net.prototxt"
    net.write_text(NET + filtered)
    status, lines, _ = export("-check")
    assert status == 0
    assert "  output kept ?x?x?x?" in lines


def test_what_is_known_goes_into_the_metadata(export, tmp_path):
    (tmp_path / "labels.txt").write_text("cat\ndog\n\n")
    flags = ["-mean", "104,117,123", "-scale", "0.017", "-swap_channels", "-labels", "labels.txt"]
    _, lines, model = export(*flags)
    assert facts(model) == {
        "mean": "104,117,123",
        "scale": "0.017",
        "channel_order": "RGB",
        "preprocessing": "in the model",
        "labels": "cat\ndog",
    }
    assert "  mean: 104,117,123" in lines
    _, _, model = export(*flags, "-nobake")
    assert facts(model)["preprocessing"] == "before the model"
    assert facts(model)["channel_order"] == "BGR"
    assert model.graph.node[0].op_type == "Conv"


@pytest.mark.parametrize("kind", ["mean.binaryproto", "mean.npy", "1,2,3"])
@pytest.mark.parametrize("more", [[], ["-swap_channels"], ["-nobake"]])
def test_models_are_checked_on_random_numbers_and_pictures(export, tmp_path, kind, more):
    pytest.importorskip("onnxruntime")
    mean = np.random.default_rng(1).random((3, 8, 8), dtype="float32")
    write_mean(tmp_path / "mean.binaryproto", mean)
    np.save(tmp_path / "mean.npy", mean)
    cv2.imwrite(str(tmp_path / "it.png"), np.arange(300, dtype="uint8").reshape(10, 10, 3))
    flags = ["-mean", kind, "-scale", "0.02", *more, "-check", "-check_image", "it.png"]
    status, lines, _ = export(*flags, "-dynamic_batch")
    assert status == 0
    checks = [line for line in lines if line.startswith("checked")]
    assert [line.partition(" on ")[2] for line in checks] == [
        "random numbers:",
        "twice the batch:",
        "it.png:",
    ]
    assert sum("prob: largest difference" in line for line in lines) == 3


def test_a_model_that_differs_fails(export, monkeypatch):
    pytest.importorskip("onnxruntime")
    from cortado.nets.exporting import exports
    from cortado.nets.exporting.registry import exporters

    right = exporters()["Softmax"]
    exports("Softmax")(lambda e: e.node("Sigmoid", *e.bottoms))
    try:
        status, lines, _ = export("-check")
    finally:
        exports("Softmax")(right)
    assert status == 1
    assert lines[-1].endswith(" - too much")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["-mean", "1,2"], r"-mean: has shape (2,)"),
        (["-mean", "1,2", "-nobake"], r"-mean: has shape (2,)"),
        (["-mean", "nowhere.npy"], "no such file: nowhere.npy"),
        (["-labels", "nowhere"], "-labels: cannot read 'nowhere'"),
        (["-input", "3"], "layer 'conv' (Convolution)"),
        (["-input", "other=3"], "the net has no input 'other'; its inputs are data"),
        (["-check_image", "nowhere.png"], "nowhere.png"),
    ],
)
def test_mistakes_are_explained(export, flags, message):
    pytest.importorskip("onnxruntime")
    status, lines, _ = export(*flags)
    assert status == 1
    assert message in lines[-1]
    assert lines[-1].startswith("caffe: error: ")


def test_what_is_missing_is_named(export, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "onnx", None)
    status, lines, _ = export()
    assert status == 1
    assert "needs onnx, which is not installed: pip install 'cortado[onnx]'" in lines[-1]
