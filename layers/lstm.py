"""LSTM: long short-term memory over sequences."""

from ..core import Array, register
from .families.lstm_cell import LSTMCell
from .families.recurrent import RecurrentLayer


@register("LSTM")
class LSTM(RecurrentLayer):
    """c_t = f * c_{t-1} + i * g, h_t = o * tanh(c_t) over T steps of N streams.

    i, f, o = sigmoid and g = tanh of the four parts of W_xc x_t + b_c + W_hc h_{t-1}
    (+ W_xc_static x_static). cont[t] multiplies h_{t-1} and c_{t-1}.

    bottom[0]   x (T, N, ...)
    bottom[1]   cont (T, N): 0 where a sequence starts, 1 where it goes on; no gradient
    bottom[2]   optional: x_static (N, ...), seen by every step
    bottom[-2]  with expose_hidden: h_0 (1, N, num_output)
    bottom[-1]  with expose_hidden: c_0 (1, N, num_output)
    top[0]      h (T, N, num_output)
    top[1]      with expose_hidden: h_T (1, N, num_output)
    top[2]      with expose_hidden: c_T (1, N, num_output)
    weights     W_xc (4 num_output, inputs), b_c (4 num_output,),
                W_xc_static (4 num_output, static inputs) if there is x_static,
                W_hc (4 num_output, num_output); each in the order i, f, o, g

    Without expose_hidden, a batch starts from where the one before it ended.

    Prototxt: recurrent_param { num_output, weight_filler, bias_filler, expose_hidden: false }
    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; forget gates from Gers,
            2000; streams and cont from Donahue et al., "Long-term Recurrent Convolutional
            Networks", CVPR 2015.
    """

    states = ("h", "c")
    rows_per_output = 4

    def prepare_cell(self, steps: int, streams: int) -> None:
        self._cell = LSTMCell(self.xp, self.dtype, steps, streams, self.num_output)
        self.inputs, self.input_diffs = self._cell.gates, self._cell.gate_diffs
        self.kept = [self.xp.empty_like(self._cell.c_kept), self._cell.c_kept]

    def step_forward(self, t: int) -> None:
        h, c = self.values
        self._cell.forward(t, c[t + 1], h[t + 1])

    def write_output(self, y: Array) -> None:
        y[...] = self.values[0][1:]

    def begin_backward(self, dy: Array) -> Array:
        self._cell.begin_backward()
        return dy

    def step_backward(self, t: int) -> None:
        self._cell.backward(t, *self.carried)
