import pytest

from cortado.nets.graph import build_graph
from cortado.proto import ConfigError, parse_net


def layer(name, bottoms="", tops="", more="", kind="Power"):
    blobs = "".join(f' bottom: "{b}"' for b in bottoms) + "".join(f' top: "{t}"' for t in tops)
    return f'layer {{ name: "{name}" type: "{kind}"{blobs} {more} }}\n'


def graph(*layers):
    return build_graph(parse_net("".join(layers)))


def names(graph):
    return [node.name for node in graph.nodes]


def test_a_blob_read_once_is_not_split():
    built = graph(layer("a", tops="x"), layer("b", "x", "y"))
    assert names(built) == ["a", "b"]
    assert built.outputs == ["y"]


def test_a_blob_read_twice_is_split_under_caffes_names():
    built = graph(layer("a", tops="x"), layer("b", "x", "y"), layer("c", "x", "z"))
    assert names(built) == ["a", "x_a_0_split", "b", "c"]
    assert built.nodes[1].tops == ["x_a_0_split_0", "x_a_0_split_1"]
    assert [node.bottoms for node in built.nodes[2:]] == [["x_a_0_split_0"], ["x_a_0_split_1"]]
    assert built.outputs == ["y", "z"]


def test_in_place_layers_make_new_versions():
    """Only what the last in-place layer made is read twice."""
    built = graph(
        layer("a", tops="x"), layer("b", "x", "x"), layer("c", "x", "y"), layer("d", "x", "z")
    )
    assert names(built) == ["a", "b", "x_b_0_split", "c", "d"]


def test_a_loss_weight_counts_as_a_reader():
    built = graph(layer("a", tops="x", more="loss_weight: 2"), layer("b", "x", "y"))
    assert names(built) == ["a", "x_a_0_split", "b"]
    split = built.nodes[1]
    assert list(split.param.loss_weight) == [2, 0]
    assert list(built.nodes[0].param.loss_weight) == [0]
    assert built.nodes[2].bottoms == ["x_a_0_split_1"]


def test_inputs_are_the_tops_of_input_layers():
    built = graph(layer("a", tops=["x", "t"], kind="Input"), layer("b", "x", "y"))
    assert built.inputs == ["x", "t"]
    assert built.outputs == ["t", "y"]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [layer("a", tops=["conv1"]), layer("b", ["conv"], "y")],
            r"layer 'b' \(Power\): bottom 'conv' \(index 0\) is the top of no layer in this phase; "
            "did you mean 'conv1'",
        ),
        (
            [layer("a", tops="x"), layer("b", ["x", "z"], "y"), layer("c", "y", "z")],
            "bottom 'z' .* made by layer 'c', which needs the tops of 'b': a cycle",
        ),
        ([layer("a", "x", "x")], "bottom 'x' .* is its own top, and no layer above makes it"),
        (
            [layer("a", tops="x"), layer("b", "z", "y"), layer("c", "x", "z")],
            "made further down, by layer 'c'; move that layer above",
        ),
        (
            [layer("a", tops="x"), layer("b", tops="x")],
            "layer 'b' .*top 'x' is already a top of layer 'a'; a blob has one producer",
        ),
        (
            [layer("a", tops="x"), layer("b", "x", "y"), layer("c", "x", "x")],
            r"layer 'c' \(Power\): works in place on 'x', which others read as it was before; give",
        ),
        (
            [
                layer("a", tops="x"),
                layer("b", "x", "y", "propagate_down: true propagate_down: true"),
            ],
            "propagate_down has 2 values; give none, or one for each of its 1 bottoms",
        ),
    ],
)
def test_bad_wiring_is_named(layers, message):
    with pytest.raises(ConfigError, match=message):
        graph(*layers)
