"""LSTM: long short-term memory over sequences."""

from math import prod
from typing import Any

import numpy as np

from ..core import Array, Blob, Blobs, Shape, register
from ..kernels import gpu
from .families.lstm_cell import LSTMCell
from .families.recurrent import RecurrentLayer
from .families.reshaped import Reshaped


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
    gpu_cell = "LSTM"

    def prepare_cell(self, steps: int, streams: int) -> None:
        self._cell = LSTMCell(self.dtype, steps, streams, self.num_output)
        self.inputs, self.input_diffs = self._cell.gates, self._cell.gate_diffs
        self.kept = [np.empty_like(self._cell.c_kept), self._cell.c_kept]

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


@register("Lstm")
class Lstm(LSTM):
    """c_t = f * c_{t-1} + i * g, h_t = o * tanh(c_t) over T steps of N streams: another LSTM.

    i, f, o = sigmoid and g = tanh of the four parts of W_xc x_t + b_c + W_hc h_{t-1}.

    bottom[0]  x (T, N, ...); or (T N, ...) with batch_size N, or with two axes, step by step
    bottom[1]  optional: cont, T N numbers: 0 where a sequence starts, else 1; no gradient
    top        h (T, N, num_output), or (T N, num_output)
    weights    W_xc (4 num_output, inputs), W_hc (4 num_output, num_output), b_c (4 num_output,);
               each in the order i, f, o, g

    With cont, a batch starts from where the one before it ended; without, from zero. Backward
    cuts the gradients of what goes into sigmoid and tanh to [-clipping_threshold,
    clipping_threshold], if that is above 0.

    Prototxt: lstm_param { num_output: (required)  weight_filler { value: 0 }
                           bias_filler { value: 0 }  clipping_threshold: 0  batch_size: 1 }
    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; junhyukoh's caffe-lstm,
            and CTPN's Caffe.
    """

    def check_wiring(self, bottoms: int, tops: int) -> None:
        self._check_count("bottom", bottoms, range(1, 3))
        self._check_count("top", tops, 1)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.lstm_param
        self.num_output = param.num_output
        if self.num_output < 1:
            raise self.error("lstm_param.num_output is required and must be at least 1")
        self._exposes = self._has_static = False
        self._has_cont = len(bottom_shapes) == 2
        steps, streams, inputs = self._unfolded(bottom_shapes[0])
        rows = self.rows_per_output * self.num_output
        self._w_x = self.add_weight((rows, inputs), param.weight_filler)
        self._w_h = self.add_weight((rows, self.num_output), param.weight_filler)
        self._b = self.add_weight((rows,), param.bias_filler)
        self.declare_states(streams)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        steps, streams, inputs = self._unfolded(bottom_shapes[0])
        self._check_size("x", inputs, self._w_x)
        if self._has_cont and prod(bottom_shapes[1]) != steps * streams:
            raise self.error(
                f"bottom[1] must be cont, {steps} times {streams} numbers, got shape "
                f"{bottom_shapes[1]}"
            )
        if self._is_folded(bottom_shapes[0]):
            return [(steps * streams, self.num_output)]
        return [(steps, streams, self.num_output)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        steps, streams, inputs = self._unfolded(bottom[0].shape)
        y = Blob((steps, streams, self.num_output), self.dtype)
        self._shapes = (steps, streams, inputs), (steps, streams), y.shape
        self._start = Blob((steps, streams), self.dtype)
        self._start.data[...] = _starts(steps, streams, self.dtype)
        super().prepare_kernels(bottom, [y])

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        steps, streams, _ = self._unfolded(bottom[0].shape)
        more: dict[str, Any] = {"limit": max(self.param.lstm_param.clipping_threshold, 0.0)}
        if not self._has_cont:
            more["cont"] = context.constants(_starts(steps, streams, "float32").reshape(-1))
        return self.make_gpu_kernel(context, steps, streams, **more)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        super().forward_cpu(*self._unfold(bottom, top))

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        x, y = self._unfold(bottom, top)
        super().backward_cpu(y, x)

    def step_backward(self, t: int) -> None:
        super().step_backward(t)
        limit = self.param.lstm_param.clipping_threshold
        if limit > 0:
            np.clip(self.input_diffs[t], -limit, limit, out=self.input_diffs[t])

    def _unfold(self, bottom: Blobs, top: Blobs) -> tuple[Any, Any]:
        """The blobs with steps and streams as axes of their own, and cont among them."""
        x_shape, cont_shape, y_shape = self._shapes
        cont = bottom[1] if self._has_cont else self._start
        x = [Reshaped(bottom[0], x_shape), Reshaped(cont, cont_shape)]
        return x, [Reshaped(top[0], y_shape)]

    def _unfolded(self, x: Shape) -> tuple[int, int, int]:
        """Steps, streams, and numbers of each at a step."""
        if not self._is_folded(x):
            if len(x) < 2:
                raise self.error(f"bottom[0] must be x (T, N, ...), got shape {x}")
            return x[0], x[1], prod(x[2:])
        streams = self.param.lstm_param.batch_size
        if streams < 1 or x[0] % streams:
            raise self.error(
                f"lstm_param.batch_size: {streams} streams cannot share the {x[0]} rows of "
                f"bottom[0], of shape {x}, evenly"
            )
        return x[0] // streams, streams, prod(x[1:])

    def _is_folded(self, x: Shape) -> bool:
        """Whether the first axis of x holds steps and streams together."""
        return len(x) == 2 or (bool(x) and self.param.lstm_param.HasField("batch_size"))


def _starts(steps: int, streams: int, dtype: Any) -> np.ndarray:
    """What cont is where it is left out: sequences start with the batch."""
    cont = np.ones((steps, streams), dtype)
    cont[:1] = 0
    return cont
