"""RNN: a recurrent network of tanh units."""

import numpy as np

from ..core import Array, Blob, Shape, register
from .families.recurrent import RecurrentLayer


@register("RNN")
class RNN(RecurrentLayer):
    """h_t = tanh(W_hh h_{t-1} + W_xh x_t + b_h), o_t = tanh(W_ho h_t + b_o) over T steps.

    With x_static, W_xh_static x_static is added to every step's sum. cont[t] multiplies h_{t-1}.

    bottom[0]   x (T, N, ...)
    bottom[1]   cont (T, N): 0 where a sequence starts, 1 where it goes on; no gradient
    bottom[2]   optional: x_static (N, ...), seen by every step
    bottom[-1]  with expose_hidden: h_0 (1, N, num_output)
    top[0]      o (T, N, num_output)
    top[1]      with expose_hidden: h_T (1, N, num_output)
    weights     W_xh (num_output, inputs), b_h (num_output,),
                W_xh_static (num_output, static inputs) if there is x_static,
                W_hh (num_output, num_output), W_ho (num_output, num_output), b_o (num_output,)

    Without expose_hidden, a batch starts from where the one before it ended.

    Prototxt: recurrent_param { num_output, weight_filler, bias_filler, expose_hidden: false }
    Source: Elman, "Finding Structure in Time", 1990; streams and cont from Donahue et al.,
            "Long-term Recurrent Convolutional Networks", CVPR 2015.
    """

    gpu_cell = "RNN"

    def setup(self, bottom_shapes: list[Shape]) -> None:
        super().setup(bottom_shapes)
        param, size = self.param.recurrent_param, self.num_output
        self._w_o = self.add_weight((size, size), param.weight_filler)
        self._b_o = self.add_weight((size,), param.bias_filler)

    def named_weights(self) -> dict[str, Blob]:
        return super().named_weights() | {"o": self._w_o, "b_o": self._b_o}

    def prepare_cell(self, steps: int, streams: int) -> None:
        self.inputs = np.empty((steps, streams, self.num_output), self.dtype)
        self.input_diffs = np.empty_like(self.inputs)
        self.kept = [np.empty_like(self.inputs)]
        rows = (steps * streams, self.num_output)
        self._o, self._do, self._dh = (np.empty(rows, self.dtype) for _ in range(3))

    def step_forward(self, t: int) -> None:
        np.tanh(self.inputs[t], out=self.values[0][t + 1])

    def write_output(self, y: Array) -> None:
        o = np.matmul(self._h(), self._w_o.data.T, out=self._o)
        o += self._b_o.data
        np.tanh(o, out=o)
        y[...] = o.reshape(y.shape)

    def begin_backward(self, dy: Array) -> Array:
        do, diffs = self._do, self.input_diffs
        np.multiply(self._o, self._o, out=do)
        np.subtract(1, do, out=do)
        do *= dy.reshape(do.shape)
        self.add_gradient(self._w_o, do, self._h())
        self.add_bias_gradient(self._b_o, do)

        h = self.values[0][1:]
        np.multiply(h, h, out=diffs)
        np.subtract(1, diffs, out=diffs)
        return np.matmul(do, self._w_o.data, out=self._dh).reshape(diffs.shape)

    def step_backward(self, t: int) -> None:
        self.input_diffs[t] *= self.carried[0]

    def _h(self) -> Array:
        """The states after each step, a row for each step and stream."""
        return self.values[0][1:].reshape(self._o.shape)
