import re

import pytest

from cortado.tools.cli import main

NET = """
name: "Tiny"
layer { name: "data" type: "Data" top: "data" top: "label"
        data_param { source: "nowhere" batch_size: 2 backend: LMDB } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { name: "w" }
        convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "more" type: "Convolution" bottom: "data" top: "more" param { name: "w" }
        convolution_param { num_output: 4 kernel_size: 3 } include { stage: "twice" } }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
        inner_product_param { num_output: 10 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label"
        include { phase: TRAIN } }
"""
SHAPES = "data=2,3,8,8;label=2"


@pytest.fixture
def rows(tmp_path, monkeypatch, capsys):
    """rows(*words) -> the cells of each line of the table by the layer's name, and the totals."""
    (tmp_path / "net.prototxt").write_text(NET)
    monkeypatch.chdir(tmp_path)

    def run(*words):
        assert main(["summarize", "net.prototxt", *words]) == 0
        captured = capsys.readouterr()
        assert captured.err == ""
        lines = captured.out.splitlines()
        table = [re.split("  +", line) for line in lines[2:-2]]
        return {cells[0]: cells[1:] for cells in table}, lines[-1]

    return run


def test_each_layer_has_its_shapes_and_costs(rows):
    table, total = rows("-shape", SHAPES)
    assert list(table) == ["layer", "data", "conv", "relu", "ip"]
    # 4 filters of 27 numbers meet 2 x 36 places.
    conv = ["Convolution", "2x4x6x6", "4x3x3x3, 4", "112", "7,776", "0.00 MiB"]
    assert table["conv"] == conv
    assert table["ip"][2:5] == ["10x144, 10", "1,450", "2,880"]
    assert table["data"][:3] == ["Input", "2x3x8x8, 2", "-"]
    assert total.startswith("4 layers, 1,562 parameters, 10,656 multiply-adds. Memory: ")


def test_splits_are_shown_only_if_they_are_written(tmp_path, capsys):
    (tmp_path / "net.prototxt").write_text("""
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }
        layer { name: "two" type: "Split" bottom: "x" top: "y" top: "z" }
        layer { name: "a" type: "ReLU" bottom: "y" top: "a" }
        layer { name: "b" type: "TanH" bottom: "y" top: "b" }
    """)
    assert main(["summarize", str(tmp_path / "net.prototxt")]) == 0
    lines = capsys.readouterr().out.splitlines()[3:-2]
    assert [line.split()[:2] for line in lines] == [
        ["x", "Input"],
        ["two", "Split"],
        ["a", "ReLU"],
        ["b", "TanH"],
    ]


def test_columns_are_aligned(tmp_path, capsys):
    (tmp_path / "net.prototxt").write_text(NET)
    main(["summarize", str(tmp_path / "net.prototxt"), "-shape", SHAPES])
    lines = capsys.readouterr().out.splitlines()[2:-2]
    assert len({len(line) for line in lines}) == 1
    assert (
        len({line.index(word) for line, word in zip(lines, ("type", "Input"), strict=False)}) == 1
    )


def test_data_that_is_missing_can_be_replaced(rows, capsys):
    assert main(["summarize", "net.prototxt"]) == 1
    assert '(or give shapes, without data: -shape "data=...;label=...")' in capsys.readouterr().err


def test_phase_and_stages_select_layers(rows):
    table, _ = rows("-shape", SHAPES, "-phase", "TRAIN")
    assert table["loss"][:3] == ["SoftmaxWithLoss", "1", "-"]
    table, total = rows("-shape", SHAPES, "-stage", "twice")
    assert "more" in table
    assert "1,566 parameters" in total  # the shared filters count once, the second bias too


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "layer 'data' (Data): data_param.source: "),
        (("-shape", "data=2,3"), "-shape: data: give a shape to every top of one of the layers"),
        (("-shape", "data=2,x"), "-shape: 'data=2,x' is no shape"),
        (("-shape", "data=2;label=2"), "layer 'conv' (Convolution)"),
    ],
)
def test_what_is_missing_or_wrong_is_named(rows, capsys, words, message):
    assert main(["summarize", "net.prototxt", *words]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"caffe: error: {message}")


LENIENT = """
layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: [1, 3, 4, 4] } } }
layer { name: "odd" type: "MultiStageMeanfield" bottom: "data" top: "odd" odd_param { a: 1 } }
layer { name: "after" type: "ReLU" bottom: "odd" top: "after" }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 2 } }
"""


def test_lenient_shows_the_rest_of_a_net_with_an_unknown_layer(tmp_path, capsys):
    file = tmp_path / "odd.prototxt"
    file.write_text(LENIENT)
    assert main(["summarize", str(file), "--lenient"]) == 0
    lines = capsys.readouterr().out.splitlines()
    table = {line.split()[0]: line.split()[1:] for line in lines[3:7]}
    assert table["odd"] == ["MultiStageMeanfield", *"?????"]
    assert table["after"] == ["ReLU", *"?????"]
    assert table["ip"][:4] == ["InnerProduct", "1x2", "2x48,", "2"]
    assert lines[8].startswith(f"{file}:3:75: LayerParameter has no field 'odd_param'")
    assert lines[10].startswith("layer 'odd': unknown type 'MultiStageMeanfield', which comes from")
    assert lines[12].startswith("4 layers (2 not known, and not counted below), 98 parameters")


def test_without_lenient_an_unknown_layer_is_an_error(tmp_path, capsys):
    (tmp_path / "odd.prototxt").write_text(LENIENT.replace("odd_param { a: 1 }", ""))
    assert main(["summarize", str(tmp_path / "odd.prototxt")]) == 1
    assert "layer 'odd': unknown type" in capsys.readouterr().err
