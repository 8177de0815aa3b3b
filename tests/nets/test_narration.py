"""What a net logs while it is built, against the lines that real Caffe logged."""

import re

from cortado.core import log
from cortado.nets import Net
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TRAIN

NET = """
layer { name: "in" type: "Input" top: "x" top: "label"
        input_param { shape { dim: 4 dim: 3 } shape { dim: 4 } } }
layer { name: "plain" type: "Scale" bottom: "x" top: "x" }
layer { name: "scale" type: "Scale" bottom: "x" top: "x" scale_param { bias_term: true } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "x" bottom: "label" top: "loss" }
"""


def built(text, capsys):
    """The lines of building a net: Caffe's file, line number and message."""
    handler = log.to_stderr(0)
    try:
        Net(parse_net(text), TRAIN, seed=1)
    finally:
        log.silence(handler)
    return re.findall(r"^I\d{8} [\d:.]+ +\d+ (.*)$", capsys.readouterr().err, re.MULTILINE)


def about(name, lines):
    """Those of one layer, from its creation to its shapes."""
    start = lines.index(f"layer_factory.hpp:77] Creating layer {name}")
    return lines[start : lines.index(f"net.cpp:124] Setting up {name}") + 4]


def test_a_loss_is_told_as_real_caffe_tells_it(capsys):
    assert about("loss", built(NET, capsys)) == [
        "layer_factory.hpp:77] Creating layer loss",
        "net.cpp:86] Creating Layer loss",
        "net.cpp:408] loss <- x",
        "net.cpp:408] loss <- label",
        "net.cpp:382] loss -> loss",
        "layer_factory.hpp:77] Creating layer loss",
        "net.cpp:124] Setting up loss",
        "net.cpp:131] Top shape: (1)",
        "net.cpp:134]     with loss weight 1",
        "net.cpp:139] Memory required for data: 164",
    ]


def test_a_scale_with_bias_has_a_layer_inside(capsys):
    lines = built(NET, capsys)
    assert lines.count("layer_factory.hpp:77] Creating layer scale") == 2
    assert lines.count("layer_factory.hpp:77] Creating layer plain") == 1
    assert "net.cpp:369] scale -> x (in-place)" in about("scale", lines)
