import numpy as np
import pytest

from cortado.nets import Net, save_weights
from cortado.nets.exchange import write_arrays
from cortado.proto import parse_net, read_weights

NET = """
name: "it"
layer { name: "data" type: "Data" top: "data" top: "label" data_param { source: "nowhere" } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
        inner_product_param { num_output: 2 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" }
"""
DEPLOYED = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
        inner_product_param { num_output: 2 } }
"""


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """The weights in w.caffemodel in the working directory, beside net.prototxt."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    net = Net(parse_net(DEPLOYED), 1)
    net.params["fc"][0].data[...] = np.arange(6).reshape(2, 3)
    save_weights(net, "w.caffemodel")
    return net.params["fc"][0].data.copy()


def test_out_and_in_again(caffe, weights, tmp_path, capsys):
    from cortado.tools.cli import main

    flags = ["net.prototxt", "w.caffemodel", "-input", "1x3", "-o", "w.npz"]
    assert main(["export_weights", *flags]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "fc.weight 2x3",
        "fc.bias 2",
        "Saved w.npz: 2 arrays",
    ]
    for output in ("new.caffemodel", "new.caffemodel.h5"):
        status, problems = caffe(
            "import_weights", "net.prototxt", "w.npz", "-input=1x3", "-o", output
        )
        assert (status, problems) == (0, [])
        (fc,) = [layer for layer in read_weights(output) if layer.name == "fc"]
        np.testing.assert_array_equal(fc.blobs[0], weights)


@pytest.mark.parametrize("command", ["import_weights", "export_weights"])
def test_an_output_is_required(caffe, weights, command):
    status, problems = caffe(command, "net.prototxt", "w.caffemodel")
    assert status == 1
    assert "-o is required" in problems[0]


def test_safetensors_have_no_order(caffe, weights):
    pytest.importorskip("safetensors")
    write_arrays("w.safetensors", {"x.weight": weights})
    words = ["net.prototxt", "w.safetensors", "-by_order", "-input=1x3", "-o", "o.caffemodel"]
    status, problems = caffe("import_weights", *words)
    assert status == 1
    assert "-by_order: w.safetensors: .safetensors files are sorted by name" in problems[0]


def test_shapes_of_inputs_are_read_from_the_flag(caffe, weights):
    words = ["export_weights", "net.prototxt", "w.caffemodel", "-o", "o.npz"]
    status, problems = caffe(*words)
    assert (status, "-input data=1x3x224x224" in problems[0]) == (1, True)
    status, problems = caffe(*words, "-input", "data=1xthree")
    assert "-input: 'data=1xthree' is no shape; write it as 1x3x224x224" in problems[0]
