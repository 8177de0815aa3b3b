"""LSTM, RNN and LSTMUnit, step by step: cont may end a sequence anywhere.

ONNX's own LSTM and RNN have no such gate, and only loops of operators could do without unrolling.
A model keeps nothing from one run to the next: without expose_hidden each run starts from zero.
"""

from math import prod

import numpy as np

from ..layer_export import LayerExport
from ..registry import exports


@exports("LSTM")
def lstm(e: LayerExport) -> str | list[str]:
    """T steps of four gates."""
    steps = _Steps(e, states=2)
    w_h = e.constant(np.ascontiguousarray(e.weights[-1].T), "weights_h")
    h, c, outputs = *steps.first, []
    for gates, cont in zip(steps.inputs, steps.conts, strict=True):
        if h:
            gates = e.node("Add", gates, e.node("MatMul", e.node("Mul", h, cont), w_h))
        kept = e.node("Mul", c, cont) if c else ""
        c, h = _cell(e, gates, kept, e.top_shapes[0][2])
        outputs.append(h)
    y = e.node("Concat", *outputs, axis=0)
    return [y, h, c] if e.param.recurrent_param.expose_hidden else y


@exports("RNN")
def rnn(e: LayerExport) -> str | list[str]:
    """T steps of h, and tanh of its product for all of them at once."""
    steps = _Steps(e, states=1)
    w_h, w_o = (
        e.constant(np.ascontiguousarray(e.weights[i].T), name)
        for i, name in ((-3, "weights_h"), (-2, "weights_o"))
    )
    (h,), hidden = steps.first, []
    for inputs, cont in zip(steps.inputs, steps.conts, strict=True):
        if h:
            inputs = e.node("Add", inputs, e.node("MatMul", e.node("Mul", h, cont), w_h))
        h = e.node("Tanh", inputs)
        hidden.append(h)
    product = e.node("MatMul", e.node("Concat", *hidden, axis=0), w_o)
    y = e.node("Tanh", e.node("Add", product, e.constant(e.weights[-1], "bias_o")))
    return [y, h] if e.param.recurrent_param.expose_hidden else y


@exports("LSTMUnit")
def lstm_unit(e: LayerExport) -> list[str]:
    """One step whose gates are a bottom."""
    c, gates, cont = e.bottoms
    kept = e.node("Mul", c, e.reshape(cont, (*e.bottom_shapes[2], 1)))
    return list(_cell(e, gates, kept, e.top_shapes[0][2]))


def _cell(e: LayerExport, gates: str, kept: str, size: int) -> tuple[str, str]:
    """c and h after a step; kept is c before it, where cont let it through, or "" for zeros."""
    i, f, o, g = e.pieces(gates, 2, [size] * 4)
    i, f, o = (e.node("Sigmoid", gate) for gate in (i, f, o))
    c = e.node("Mul", i, e.node("Tanh", g))
    if kept:
        c = e.node("Add", e.node("Mul", f, kept), c)
    return c, e.node("Mul", o, e.node("Tanh", c))


class _Steps:
    """What enters each step: the product of x with its weights (1, N, rows) and cont (1, N, 1)."""

    def __init__(self, e: LayerExport, states: int):
        steps, streams = e.bottom_shapes[0][:2]
        e.fixed(steps, "the number of its steps")
        exposed = states if e.param.recurrent_param.expose_hidden else 0
        first = len(e.bottoms) - exposed
        inputs = prod(e.bottom_shapes[0][2:])
        x = e.reshape(e.bottoms[0], (steps, streams, inputs))
        product = e.node("Add", self._product(e, x, 0), e.weight(1))
        if first == 3:
            static = e.reshape(e.bottoms[2], (1, streams, prod(e.bottom_shapes[2][1:])))
            product = e.node("Add", product, self._product(e, static, 2))
        cont = e.reshape(e.bottoms[1], (steps, streams, 1))
        self.inputs = e.pieces(product, 0, [1] * steps)
        self.conts = e.pieces(cont, 0, [1] * steps)
        self.first = e.bottoms[first:] or [""] * states  # "": zeros

    @staticmethod
    def _product(e: LayerExport, x: str, index: int) -> str:
        weights = np.ascontiguousarray(e.weights[index].T)
        return e.node("MatMul", x, e.constant(weights, f"weights_{index}"))
