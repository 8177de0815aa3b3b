from cortado.layers import layer_types
from cortado.tools.cli import main


def test_every_type_is_listed_with_what_it_computes(capsys):
    assert main(["layers"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == layer_types()
    [relu] = [line for line in lines if line.startswith("ReLU ")]
    assert relu.endswith("  y = x where x > 0, else negative_slope * x.")


def test_named_types_are_explained(capsys):
    assert main(["layers", "ReLU", "LSTM"]) == 0
    relu, lstm = capsys.readouterr().out.split("\n\nLSTM: ")
    assert relu.startswith("ReLU: y = x where x > 0")
    assert "Prototxt: relu_param { negative_slope: 0 }" in relu
    assert "Source:" in lstm


def test_a_type_that_is_not_there(capsys):
    assert main(["layers", "Rleu"]) == 1
    assert "unknown type 'Rleu'; did you mean 'ReLU'?" in capsys.readouterr().err
