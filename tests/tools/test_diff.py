import numpy as np
import pytest

from cortado.proto import LayerWeights, write_caffemodel, write_caffemodel_hdf5
from cortado.proto.caffe_pb2 import NetParameter
from cortado.tools.cli import main
from cortado.tools.diff import weight_differences

NEW = 'layer { name: "a" type: "ReLU" bottom: "x" top: "x" }'
OLD = '# old\nlayers {\n name: "a" type: RELU bottom: "x"  top: "x" }'


def layer(name, *blobs, legacy=False):
    arrays = [np.asarray(blob, "float32") for blob in blobs]
    return LayerWeights(name, "InnerProduct", list(arrays), [legacy] * len(blobs))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = NetParameter(name="n")
    net.layer.add(name="ip", type="InnerProduct")
    write_caffemodel("w.caffemodel", net, [[np.ones((2, 3), "float32")]])
    write_caffemodel_hdf5("w.h5", net, [[np.ones((2, 3), "float32")]])
    write_caffemodel("v.caffemodel", net, [[np.full((2, 3), 1.5, "float32")]])
    (tmp_path / "new.prototxt").write_text(NEW)
    (tmp_path / "old.prototxt").write_text(OLD)
    (tmp_path / "tanh.prototxt").write_text(NEW.replace("ReLU", "TanH"))
    (tmp_path / "solver.prototxt").write_text("base_lr: 0.1")
    (tmp_path / "other.prototxt").write_text("base_lr: 0.2")


@pytest.mark.parametrize(
    "paths",
    [
        ("w.caffemodel", "w.caffemodel"),
        ("w.caffemodel", "w.h5"),
        ("new.prototxt", "old.prototxt"),
        ("solver.prototxt", "solver.prototxt"),
        ("w.caffemodel", "v.caffemodel", "-tolerance", "0.5"),
    ],
)
def test_the_same_is_passed_over_in_silence(capsys, paths):
    assert main(["diff", *paths]) == 0
    assert capsys.readouterr() == ("", "")


def test_prototxts_differ_as_diff_shows_it(capsys):
    assert main(["diff", "old.prototxt", "tanh.prototxt"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["--- old.prototxt", "+++ tanh.prototxt"]
    assert '-  type: "ReLU"' in lines
    assert '+  type: "TanH"' in lines


def test_solvers_differ(capsys):
    assert main(["diff", "solver.prototxt", "other.prototxt"]) == 1
    assert "+base_lr: 0.2" in capsys.readouterr().out


def test_weights_differ(capsys):
    assert main(["diff", "w.caffemodel", "v.caffemodel"]) == 1
    assert capsys.readouterr().out == (
        "! ip, blob 0: 6 of 6 numbers differ, most at (0, 0): 1, 1.5 in the second file\n"
    )


def test_layers_and_shapes_that_differ_are_named():
    first = [layer("a", [1, 2]), layer("b", [1]), layer("c", [1], [2])]
    second = [layer("b", [[1, 1]]), layer("c", [1]), layer("d", [1]), layer("data")]
    assert list(weight_differences(first, second, 0)) == [
        "- a: only in the first file",
        "! b, blob 0: shape (1,), (1, 2) in the second file",
        "! c: 2 blobs, 1 in the second file",
        "+ d: only in the second file",
    ]


def test_the_largest_difference_is_found():
    first, second = [layer("a", [[1, 2], [3, 4]])], [layer("a", [[1, 2.5], [1, 4]])]
    assert list(weight_differences(first, second, 0)) == [
        "! a, blob 0: 2 of 4 numbers differ, most at (1, 0): 3, 1 in the second file"
    ]


def test_what_is_no_number_equals_itself_only():
    nan, inf = float("nan"), float("inf")
    assert not list(weight_differences([layer("a", [nan, inf])], [layer("a", [nan, inf])], 0))
    [line] = weight_differences([layer("a", [nan, inf])], [layer("a", [1, -inf])], 9)
    assert "2 of 2 numbers differ" in line


def test_legacy_shapes_are_compared_from_the_last_axis():
    legacy = [layer("a", np.ones((1, 1, 2, 3)), legacy=True)]
    assert not list(weight_differences(legacy, [layer("a", np.ones((2, 3)))], 0))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gone", "w.h5"], "no such file: gone"),
        (["new.prototxt", "w.h5"], "w.h5 holds weights, and new.prototxt is prototxt"),
        (["bad.prototxt", "new.prototxt"], "bad.prototxt:2:1: "),
    ],
)
def test_trouble_is_neither_the_same_nor_different(capsys, tmp_path, words, message):
    (tmp_path / "bad.prototxt").write_text("base_lr: 0.1\nmistake: 2")
    assert main(["diff", *words]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"caffe: error: {message}")
