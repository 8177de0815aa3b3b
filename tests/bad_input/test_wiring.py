"""Nets whose layers do not go together."""

import re

import pytest

INPUT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }\n'


def layer(name, kind, bottom, top, more=""):
    bottoms = " ".join(f'bottom: "{blob}"' for blob in bottom.split())
    tops = " ".join(f'top: "{blob}"' for blob in top.split())
    return f'layer {{ name: "{name}" type: "{kind}" {bottoms} {tops} {more} }}\n'


IP = "inner_product_param { num_output: 3 }"


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (layer("a", "ReLU", "y", "z"), r"'a' \(ReLU\): bottom 'y' \(index 0\) is the top of no la"),
        (layer("a", "ReLU", "y", "y"), "bottom 'y' .* is its own top, .* a cycle"),
        (
            layer("a", "Eltwise", "x z", "y") + layer("b", "ReLU", "y", "z"),
            "'a' .*bottom 'z' .* is made by layer 'b', which needs the tops of 'a': a cycle",
        ),
        (
            layer("a", "ReLU", "y", "z") + layer("b", "ReLU", "x", "y"),
            "bottom 'y' .* is made further down, by layer 'b'; move that layer above this one",
        ),
        (
            layer("a", "ReLU", "x", "y") + layer("b", "TanH", "x", "y"),
            r"'b' \(TanH\): top 'y' is already a top of layer 'a'; a blob has one producer",
        ),
        (layer("a", "Slice", "x", "y y"), "top 'y' is already a top of layer 'a'"),
        (layer("a", "ReLU", "x", "y z"), r"'a' \(ReLU\): takes 1 top blobs, got 2"),
        (layer("a", "InnerProduct", "x", "x", IP), r"\(InnerProduct\): cannot work in place"),
        (layer("a", "Slice", "x", "x"), r"\(Slice\): cannot work in place"),
        (layer("a", "Reduction", "x", "x"), "in place: it makes shape .* give the top a name of"),
        (
            layer("a", "InnerProduct", "x", "y", IP) + layer("a", "InnerProduct", "y", "z", IP),
            "'a' .*: a layer above has this name, and weights too; .*: rename one of them",
        ),
        (
            layer("a", "ReLU", "x", "y", "include { phase: TEST } exclude { phase: TRAIN }"),
            "layer 'a': has both include and exclude rules",
        ),
    ],
)
def test_bad_wiring_is_explained(net_refused, layers, message):
    assert re.search(message, net_refused(INPUT + layers))


def test_a_net_without_layers_in_this_phase_is_named(net_refused):
    test_only = layer("a", "ReLU", "x", "y", "include { phase: TEST }")
    assert net_refused(test_only) == "net '': has no layers, or none in phase TRAIN"


def test_a_blob_may_be_read_twice_by_one_layer(place, caffe):
    (place / "it.prototxt").write_text(INPUT + layer("a", "Eltwise", "x x", "y"))
    assert caffe("time", "-model", "it.prototxt", "-iterations", 1)[0] == 0


def test_layers_without_weights_may_share_a_name(place, caffe):
    (place / "it.prototxt").write_text(
        INPUT + layer("a", "ReLU", "x", "y") + layer("a", "ReLU", "y", "z")
    )
    assert caffe("time", "-model", "it.prototxt", "-iterations", 1)[0] == 0
