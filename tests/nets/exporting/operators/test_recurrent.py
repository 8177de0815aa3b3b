import pytest

from cortado.nets.exporting import export_onnx
from cortado.proto import ConfigError

CONT = {"cont": [[0, 1], [1, 1], [1, 0], [1, 1], [0, 0]]}


def layer(kind, bottoms, tops):
    blobs = "".join(f'bottom: "{name}" ' for name in bottoms)
    blobs += "".join(f'top: "{name}" ' for name in tops)
    exposed = "true" if len(tops) > 1 else "false"
    return f"""type: "{kind}" {blobs}
               recurrent_param {{ num_output: 4 expose_hidden: {exposed} }}"""


@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_sequences_end_where_cont_says_so(check, kind):
    check(layer(kind, ["x", "cont"], ["y"]), x=(5, 2, 3), cont=(5, 2), values=CONT)


@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_inputs_of_several_axes_and_static_ones(check, kind):
    shapes = {"x": (5, 2, 3, 2), "cont": (5, 2), "static": (2, 3)}
    check(layer(kind, ["x", "cont", "static"], ["y"]), values=CONT, **shapes)


def test_exposed_states(check):
    shapes = {"x": (5, 2, 3), "cont": (5, 2), "h0": (1, 2, 4), "c0": (1, 2, 4)}
    lstm = layer("LSTM", ["x", "cont", "h0", "c0"], ["y", "h", "c"])
    check(lstm, values=CONT, **shapes)
    del shapes["c0"]
    check(layer("RNN", ["x", "cont", "h0"], ["y", "h"]), values=CONT, **shapes)


def test_a_single_step(check):
    shapes = {"x": (1, 2, 3), "cont": (1, 2)}
    check(layer("LSTM", ["x", "cont"], ["y"]), **shapes)
    unit = 'type: "LSTMUnit" bottom: "c" bottom: "gates" bottom: "cont" top: "c1" top: "h1"'
    check(unit, c=(1, 2, 3), gates=(1, 2, 12), cont=(1, 2))


def test_the_number_of_steps_cannot_vary(make_net):
    net = make_net(
        f"layer {{ name: 'it' {layer('RNN', ['x', 'c'], ['y'])} }}", x=(5, 2, 3), c=(5, 2)
    )
    with pytest.raises(ConfigError, match=r"'it' \(RNN\).*number of its steps.*-dynamic_batch"):
        export_onnx(net, dynamic_batch=True)


def test_every_sequence_starts_with_the_first_step(check):
    layers = f"""layer {{ name: "c" type: "ContinuationIndicator" top: "cont"
                         continuation_indicator_param {{ time_step: 5 batch_size: 2 }} }}
                 layer {{ name: "rnn" {layer("RNN", ["x", "cont"], ["y"])} }}"""
    check(layers, x=(5, 2, 3))
