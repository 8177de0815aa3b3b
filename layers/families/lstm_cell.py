"""LSTMCell: the arithmetic of LSTM and LSTMUnit."""

from typing import Any

import numpy as np

from ...core import Array


class LSTMCell:
    """c_t = f * c_kept + i * g,  h_t = o * tanh(c_t), over buffers for all time steps.

    gates       (T, N, 4 D)  in: pre-activations of i, f, o, g; forward turns step t into
                             sigmoid(i), sigmoid(f), sigmoid(o), tanh(g)
    c_kept      (T, N, D)    in: the cell state before each step, where cont let it through
    gate_diffs  (T, N, 4 D)  out: gradients of the pre-activations

    Backward is begin_backward() once, then backward(t) from the last step to the first.
    """

    def __init__(self, dtype: Any, steps: int, streams: int, size: int):
        self.gates: Array = np.empty((steps, streams, 4 * size), dtype)
        self.gate_diffs: Array = np.empty_like(self.gates)
        self.c_kept: Array = np.empty((steps, streams, size), dtype)
        self._tanh_c = np.empty_like(self.c_kept)
        self._c_slope = np.empty_like(self.c_kept)
        self._scratch = np.empty((streams, size), dtype)
        self._sigmoids = self.gates[..., : 3 * size]
        self._parts = np.split(self.gates, 4, axis=2)
        self._diff_parts = np.split(self.gate_diffs, 4, axis=2)
        # The views of each step: cutting them anew would cost as much as a small step's work.
        self._steps = list(zip(self.gates, self._sigmoids, *self._parts, strict=True))
        self._diff_steps = list(zip(*self._diff_parts, strict=True))

    def forward(self, t: int, c: Array, h: Array) -> None:
        """Write the cell state c_t and the output h_t, both (N, D)."""
        scratch, tanh_c = self._scratch, self._tanh_c[t]
        gates, sigmoids, i, f, o, g = self._steps[t]
        # sigmoid(x) = (1 + tanh(x / 2)) / 2 cannot overflow, and one tanh serves all four.
        sigmoids *= 0.5
        np.tanh(gates, out=gates)
        sigmoids *= 0.5
        sigmoids += 0.5
        np.multiply(f, self.c_kept[t], out=c)
        c += np.multiply(i, g, out=scratch)
        np.tanh(c, out=tanh_c)
        np.multiply(o, tanh_c, out=h)

    def begin_backward(self) -> None:
        """Write to gate_diffs what each gate's gradient has as its factor, for all steps."""
        size = self.c_kept.shape[2]
        i, _, o, g = self._parts
        d_sigmoids = self.gate_diffs[..., : 3 * size]
        np.subtract(1, self._sigmoids, out=d_sigmoids)
        d_sigmoids *= self._sigmoids
        d_i, d_f, d_o, d_g = self._diff_parts
        d_i *= g
        d_f *= self.c_kept
        d_o *= self._tanh_c
        np.multiply(g, g, out=d_g)
        np.subtract(1, d_g, out=d_g)
        d_g *= i
        np.multiply(self._tanh_c, self._tanh_c, out=self._c_slope)
        np.subtract(1, self._c_slope, out=self._c_slope)
        self._c_slope *= o

    def backward(self, t: int, dh: Array, dc: Array) -> None:
        """Complete gate_diffs[t], given the gradients of h_t and c_t; dc becomes that of c_kept."""
        d_i, d_f, d_o, d_g = self._diff_steps[t]
        dc += np.multiply(dh, self._c_slope[t], out=self._scratch)
        d_i *= dc
        d_f *= dc
        d_o *= dh
        d_g *= dc
        dc *= self._steps[t][3]
