from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import caffe

MODELS = Path(__file__).parents[2] / "models"
SVG = "{http://www.w3.org/2000/svg}"
NET = """
name: "<b>it</b>"
layer { name: "data" type: "Input" top: "data" top: "label"
        input_param { shape { dim: 2 dim: 3 } shape { dim: 2 } } }
layer { name: "ip&1" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "ip" top: "ip" }
layer { name: "left" type: "TanH" bottom: "ip" top: "left" }
layer { name: "sum" type: "Eltwise" bottom: "ip" bottom: "left" top: "sum" }
layer { name: "a rather long name" type: "SoftmaxWithLoss"
        bottom: "sum" bottom: "label" top: "loss" }
"""


@pytest.fixture
def path(tmp_path):
    (tmp_path / "net.prototxt").write_text(NET)
    return str(tmp_path / "net.prototxt")


def parsed(html):
    """The tree of HTML; it fails where a tag is not closed or a name not escaped."""
    return ElementTree.fromstring(f"<html>{html}</html>")


def texts(element):
    return ["".join(cell.itertext()) for cell in element]


def test_a_net_shows_its_layers_shapes_and_parameters(path):
    tree = parsed(caffe.Net(path, caffe.TRAIN)._repr_html_())
    rows = [texts(row) for row in tree.iter("tr")]
    assert rows[0] == ["layer", "type", "bottoms", "tops", "weights", "parameters"]
    assert rows[1] == ["data", "Input", "", "data 2 × 3, label 2", "", ""]
    assert rows[2] == ["ip&1", "InnerProduct", "data", "ip 2 × 4", "4 × 3, 4", "16"]
    assert [row[0] for row in rows[3:]] == ["relu", "left", "sum", "a rather long name"]
    assert [row[2] for row in rows[4:6]] == ["ip", "ip, left"]  # and not the tops of a Split
    title = "".join(tree[0].itertext())
    assert title.startswith("<b>it</b>, TRAIN: 7 layers, 16 parameters, 0.0 MiB")


def test_the_graph_has_a_box_for_each_layer_below_what_it_reads(path):
    tree = parsed(caffe.Net(path, caffe.TRAIN)._repr_html_())
    tops = {
        group.find(f"{SVG}title").text: float(group.find(f"{SVG}rect").get("y"))
        for group in tree.iter(f"{SVG}g")
    }
    assert list(tops) == [
        "data (Input)", "ip&1 (InnerProduct)", "relu (ReLU)", "left (TanH)", "sum (Eltwise)",
        "a rather long name (SoftmaxWithLoss)",
    ]  # fmt: skip
    assert list(tops.values()) == sorted(tops.values())
    assert len(set(tops.values())) == 6
    arrows = [line for line in tree.iter(f"{SVG}path") if line.get("marker-end")]
    assert len(arrows) == 7  # the Split between is left out
    assert "…ather long name" in [text.text for text in tree.iter(f"{SVG}text")]


def test_branches_are_side_by_side():
    net = caffe.Net(str(MODELS / "googlenet/deploy.prototxt"), caffe.TEST)
    tree = parsed(net._repr_html_())
    boxes = [group.find(f"{SVG}rect") for group in tree.iter(f"{SVG}g")]
    assert len(boxes) == sum(layer.type != "Split" for layer in net.layers)
    in_rows = Counter(box.get("y") for box in boxes)
    assert max(in_rows.values()) >= 4


def test_shared_weights_count_once(tmp_path):
    (tmp_path / "net.prototxt").write_text("""
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 4 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "w" }
        inner_product_param { num_output: 4 bias_term: false } }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" param { name: "w" }
        inner_product_param { num_output: 4 bias_term: false } }""")
    html = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)._repr_html_()
    assert "3 layers, 16 parameters" in html


def test_a_solver_shows_how_far_it_is(path, tmp_path):
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{path}" base_lr: 0.5 lr_policy: "fixed" max_iter: 1000 type: "Adam" '
        f'snapshot_prefix: "{tmp_path}/it"'
    )
    solver = caffe.get_solver(str(tmp_path / "solver.prototxt"))
    facts = dict(texts(row) for row in list(parsed(solver._repr_html_()).iter("tr"))[:6])
    assert facts["iteration"] == "0 of 1,000"
    assert facts["loss"] == "not known yet"
    solver.step(1)
    tree = parsed(solver._repr_html_())
    facts = dict(texts(row) for row in list(tree.iter("tr"))[:6])
    assert (facts["type"], facts["learning rate"]) == ("Adam", "0.5 (fixed)")
    assert float(facts["loss"]) > 0
    assert "<b>it</b>, TRAIN" in "".join(tree.itertext())


def test_a_blob_shows_how_its_values_are_distributed(path):
    blob = caffe.Net(path, caffe.TRAIN).blobs["data"]
    blob.data[...] = [[0, 1, 2], [3, np.nan, 5]]
    tree = parsed(blob._repr_html_())
    assert "Blob 2 × 3, float32, 6 numbers" in "".join(tree.itertext())
    rows = [texts(row) for row in tree.iter("tr")]
    assert rows[1][:5] == ["data", "0", "2.2", "5", "1"]
    assert len(rows) == 2
    heights = [float(bar.get("height")) for bar in tree.iter("rect")]
    assert sum(height > 0 for height in heights) == 5
    blob.diff[...] = 0
    assert len(list(parsed(blob._repr_html_()).iter("tr"))) == 3


@pytest.mark.parametrize("values", [np.nan, np.inf, 0, [[1e38, -1e38, 0], [0, 0, 0]]])
def test_a_blob_of_any_values_can_be_shown(path, values):
    blob = caffe.Net(path, caffe.TRAIN).blobs["data"]
    blob.data[...] = values
    parsed(blob._repr_html_())


def test_blobs_without_numbers_and_of_one_can_be_shown(path):
    net = caffe.Net(path, caffe.TRAIN)
    assert "one number" in net.blobs["loss"]._repr_html_()
    net.blobs["data"].reshape(0, 3)
    parsed(net.blobs["data"]._repr_html_())


def test_looking_does_not_count_as_writing():
    blob = caffe._caffe.Blob((2, 3))
    blob._repr_html_()
    assert not blob.handed_out
