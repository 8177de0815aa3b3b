import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import caffe
from caffe import layers as L
from cortado.proto import ConfigError, parse_net, read_net

MODELS = Path(__file__).parents[2] / "models"
NET = """
name: "it"
layer { name: "d" type: "Data" top: "data" data_param { batch_size: 9 } include { phase: TRAIN } }
layer { name: "d" type: "Data" top: "data" data_param { batch_size: 3 } include { phase: TEST } }
layer { name: "conv/1:\\"a\\"" type: "Convolution" bottom: "data" top: "conv"
        param { lr_mult: 2 } param { lr_mult: 1 }
        convolution_param { num_output: 7 kernel_size: 3 pad_h: 1 pad_w: 2 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
        pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip" exclude { phase: TEST }
        inner_product_param { num_output: 5 } }
"""
needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")


@pytest.fixture
def net():
    return parse_net(NET)


@pytest.fixture
def pydot():
    return pytest.importorskip("pydot")


def test_arrows_tell_how_much_comes_out(net):
    labels = [caffe.draw.get_edge_label(layer) for layer in net.layer]
    assert labels == ["batch 9", "batch 3", "7", "", "", "5"]


def test_layers_tell_what_they_are(net):
    label = caffe.draw.get_layer_label(net.layer[2], "LR", display_lrm=True)
    assert label == 'conv/1:"a"\nConvolution\nkernel 3, stride 1, pad 1x2\nlr_mult 2, 1'
    assert caffe.draw.get_layer_label(net.layer[4], "TB") == (
        "pool Pooling ave, kernel 2, stride 2, pad 0"
    )
    whole = L.Pooling(L.Input(), global_pooling=True).to_proto().layer[1]
    assert caffe.draw.get_layer_label(whole, "TB") == "Pooling1 Pooling max, global"


def test_learning_rates_are_the_largest_of_the_weights(net):
    rates = [caffe.draw.get_layer_lr_mult(layer) for layer in net.layer]
    assert rates == [0, 0, 2, 0, 0, 1]


def test_kinds_have_names_and_colours():
    assert caffe.draw.get_pooling_types_dict()[1] == "AVE"
    assert caffe.draw.choose_color_by_layertype("Pooling") == "#f7c98b"
    assert caffe.draw.choose_color_by_layertype("Unheard") == "#9db8e8"


def test_the_graph_has_layers_blobs_and_arrows(net, pydot):
    graph = caffe.draw.get_pydot_graph(net, "LR")
    assert len(graph.get_nodes()) == 6 + 4
    assert len(graph.get_edges()) == 3 + 5 + 1  # in, out, and both ways in one for in-place
    assert graph.get_rankdir() == "LR"
    assert '"batch 9"' in graph.to_string()
    assert '"batch 9"' not in caffe.draw.get_pydot_graph(net, "LR", label_edges=False).to_string()


@pytest.mark.parametrize(("phase", "layers"), [(caffe.TRAIN, 5), (caffe.TEST, 4)])
def test_a_phase_leaves_layers_out(net, pydot, phase, layers):
    graph = caffe.draw.get_pydot_graph(net, "TB", phase=phase)
    assert ('"batch 9"' in graph.to_string()) == (phase == caffe.TRAIN)
    assert len([n for n in graph.get_nodes() if n.get_shape() == "box"]) == layers


def test_unknown_directions_and_formats_are_errors(net, pydot, tmp_path):
    with pytest.raises(ValueError, match="'UP' is none of LR, RL, TB, BT"):
        caffe.draw.draw_net(net, "UP")
    with pytest.raises(ValueError, match="must end with a format"):
        caffe.draw.draw_net_to_file(net, tmp_path / "picture")


@pytest.mark.parametrize("path", [pytest.param(None, marks=needs_dot), ""], ids=["dot", "no dot"])
@pytest.mark.parametrize("name", ["lenet", "googlenet"])
def test_nets_are_drawn(monkeypatch, tmp_path, name, path):
    if path is not None:
        monkeypatch.setenv("PATH", path)
    net = read_net(MODELS / name / "deploy.prototxt")
    caffe.draw.draw_net_to_file(net, str(tmp_path / "it.png"), rankdir="TB")
    assert (tmp_path / "it.png").read_bytes().startswith(b"\x89PNG")
    svg = caffe.draw.draw_net(net, "LR", "svg").decode()
    assert all(f">{blob}<" in svg for layer in net.layer for blob in layer.top)


@needs_dot
def test_names_of_any_kind_are_drawn(net, pydot):
    assert "conv/1:&quot;a&quot;" in caffe.draw.draw_net(net, "LR", "svg").decode()


def test_other_formats_need_graphviz(net, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="'gif' need Graphviz and pydot"):
        caffe.draw.draw_net(net, "LR", "gif")


def test_without_pydot_the_error_names_the_extra(net, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(ConfigError, match=r"pip install 'cortado\[draw\]'"):
        caffe.draw.get_pydot_graph(net, "LR")


def test_labels_need_no_pydot():
    script = "import sys, caffe; caffe.draw; print('pydot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
