import pytest

from cortado.nets.drawing import net_diagram
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TEST

NET = """
name: "n"
layer { name: "d" type: "Data" top: "x" data_param { batch_size: 64 } include { phase: TRAIN } }
layer { name: "t" type: "Data" top: "x" data_param { batch_size: 10 } include { phase: TEST } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" param { lr_mult: 1 } param { lr_mult: 2 }
        convolution_param { num_output: 4 kernel_h: 3 kernel_w: 5 stride: 2 dilation: 2 } }
layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
layer { name: "p" type: "Pooling" bottom: "c" top: "p"
        pooling_param { pool: AVE global_pooling: true } }
layer { name: "s" type: "Eltwise" bottom: "p" bottom: "x" top: "s" }
"""


@pytest.fixture
def boxes():
    def find(diagram):
        return {box.lines[0] + "*" * box.is_blob: i for i, box in enumerate(diagram.boxes)}

    return find


def test_layers_and_blobs_are_boxes_in_order(boxes):
    diagram = net_diagram(parse_net(NET), TEST)
    assert list(boxes(diagram)) == ["t", "x*", "c", "c*", "r", "p", "p*", "s", "s*"]


def test_arrows_follow_the_blobs(boxes):
    diagram = net_diagram(parse_net(NET), TEST)
    names = list(boxes(diagram))
    arrows = [(names[a.source], names[a.target], a.label) for a in diagram.arrows]
    assert arrows == [
        ("t", "x*", "batch 10"),
        ("x*", "c", ""),
        ("c", "c*", "4"),
        ("c*", "r", ""),
        ("c*", "p", ""),
        ("p", "p*", ""),
        ("p*", "s", ""),
        ("x*", "s", ""),
        ("s", "s*", ""),
    ]


def test_in_place_layers_stand_beside_their_blob(boxes):
    diagram = net_diagram(parse_net(NET), TEST)
    found = boxes(diagram)
    assert diagram.boxes[found["r"]].beside == found["c*"]
    [arrow] = [a for a in diagram.arrows if a.target == found["r"]]
    assert arrow.both_ways


def test_without_a_phase_all_layers_are_shown(boxes):
    diagram = net_diagram(parse_net(NET))
    assert {"d", "t"} <= set(boxes(diagram))


def test_windows_and_rates_are_told(boxes):
    diagram = net_diagram(parse_net(NET), TEST, rates=True)
    found = boxes(diagram)
    assert diagram.boxes[found["c"]].lines == [
        "c",
        "Convolution",
        "kernel 3x5, stride 2, pad 0, dilation 2",
        "lr_mult 1, 2",
    ]
    assert diagram.boxes[found["p"]].lines == ["p", "Pooling", "ave, global"]
    plain = net_diagram(parse_net(NET), TEST)
    assert len(plain.boxes[found["c"]].lines) == 3
