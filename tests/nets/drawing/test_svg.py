from xml.etree import ElementTree

import pytest

from cortado.nets.drawing import Arrow, Box, Diagram, lay_out, pydot_graph, svg_text

NAMESPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def diagram():
    boxes = [
        Box(['a<b>&"c"', "Type"], "#123456"),
        Box(["blob"], "#eeeeee", is_blob=True),
        Box(["relu"], "#eeeeee", beside=1),
    ]
    return Diagram('n & "m"', boxes, [Arrow(0, 1, "20"), Arrow(1, 2, both_ways=True)])


def test_every_box_arrow_and_text_is_in_the_svg(diagram):
    root = ElementTree.fromstring(svg_text(lay_out(diagram, "TB")))
    assert [text.text for text in root.iter(f"{NAMESPACE}text")] == [
        "20",
        'a<b>&"c"',
        "Type",
        "blob",
        "relu",
    ]
    assert len(list(root.iter(f"{NAMESPACE}polygon"))) == 1
    arrows = [path for path in root.iter(f"{NAMESPACE}path") if path.get("marker-end")]
    assert [path.get("marker-start") for path in arrows] == [None, "url(#arrow)"]
    assert root.findtext(f"{NAMESPACE}title") == 'n & "m"'


def test_a_pydot_graph_has_the_same_boxes_and_arrows(diagram):
    pytest.importorskip("pydot")
    graph = pydot_graph(diagram, "BT")
    assert graph.get_rankdir() == "BT"
    nodes, edges = graph.get_nodes(), graph.get_edges()
    assert [node.get_shape() for node in nodes] == ["box", "octagon", "box"]
    assert nodes[0].get_label() == '"a<b>&\\"c\\"\\nType"'
    assert [(e.get_source(), e.get_destination()) for e in edges] == [("n0", "n1"), ("n1", "n2")]
    assert (edges[0].get_label(), edges[1].get_dir()) == ('"20"', "both")
