"""The cells of Recurrent: what happens in a step beside the products."""

from collections.abc import Sequence
from typing import Any

from ...core import Array, Blob, Call
from .context import Context
from .launch import Launch
from .matmul import multiply

Weights = dict[str, Blob]
Flags = tuple[Array, Array]  # cont of a step, and of the next one; None where there is none


class LSTMCell:
    """c = f c_kept + i g, h = o tanh(c).

    gates   (T, N, 4 D): what goes in, then i, f, o and g
    diffs   (T, N, 4 D): the gradients of what goes in
    biased  of each bias, the gradient of what it is added to
    """

    rows = 4

    def __init__(self, context: Context, steps: int, streams: int, size: int, limit: float):
        self._context, self._limit = context, limit
        self._steps, self._streams, self._size = steps, streams, size
        self._count = streams * size
        self.gates = context.zeros(steps * self._count * self.rows)
        self.diffs = context.zeros(steps * self._count * self.rows)
        self.biased = {"b": self.diffs}

    def scale(self, source: Array, cont: Array, target: Array) -> list[Launch]:
        """target = source, each stream times its cont; states of one step."""
        arrays = source, cont, target
        reals = [a.dtype for a in arrays if a is not None and a.dtype != "float32"]
        real = reals[0] if reals else "float32"
        names = ["real" if a is not None and a.dtype == real else "float" for a in arrays]
        rounded = "number" if names[2] == "real" else ""
        macros = {**dict(zip(("FROM", "FLAG", "TO"), names, strict=True)), "ROUNDED": rounded}
        function = self._context.function("scale_rows.cu", "scale_rows", real, **macros)
        sizes = self._streams, self._size
        return self._context.each(function, "scale_rows", self._count, *arrays, *sizes)

    def forward(
        self,
        gates: Array,
        static: Array,
        kept: Sequence[Array],
        y: Array,
        t: int,
        next_cont: Array,
        onward: Sequence[Array],
    ) -> list[Launch]:
        """Write y[t], and to `onward` the states that the next step keeps."""
        arrays = gates, static, kept[1][t], y[t], next_cont, *onward
        return self._launch("lstm_step", y, next_cont, *arrays)

    def write_output(self, weights: Weights, y: Array) -> list[Call]:
        """Complete y after the last step."""
        return []

    def begin_backward(self, weights: Weights, y: Array, dy: Array) -> list[Call]:
        """What comes before the steps back."""
        return []

    def backward(
        self,
        gates: Array,
        kept: Sequence[Array],
        dy: Array,
        t: int,
        flags: Flags,
        carried: Sequence[Array],
        diffs: Array,
    ) -> list[Launch]:
        """Write the diffs of a step; of what is carried, all but h goes on to the one before."""
        arrays = gates, kept[1][t], dy[t], *flags, *carried, diffs, self._limit
        return self._launch("lstm_step_backward", dy, flags[0], *arrays)

    def factors(self) -> list[tuple[str, Array, Array]]:
        """As Recurrent's, of the weights that only this cell has."""
        return []

    def _launch(self, name: str, like: Array, cont: Array, *arguments: Any) -> list[Launch]:
        is_real = cont is not None and cont.dtype == like.dtype
        function = self._context.function(
            "recurrent.cu", name, like.dtype, FLAG="real" if is_real else "float"
        )
        sizes = self._streams, self._size
        return self._context.each(function, name, self._count, *arguments, *sizes)


class RNNCell(LSTMCell):
    """h = tanh(what goes in), y = tanh(W_o h + b_o).

    gates   (T, N, D): what goes in, then h
    """

    rows = 1

    def __init__(self, *geometry: Any):
        super().__init__(*geometry)
        self._o, self._do, self._dh = (
            self._context.zeros(self._steps * self._count) for _ in range(3)
        )
        self.biased = {"b": self.diffs, "b_o": self._do}

    def forward(self, gates, static, kept, y, t, next_cont, onward):
        return self._launch("rnn_step", y, next_cont, gates, static, next_cont, *onward)

    def write_output(self, weights, y):
        w, b = weights["o"], weights["b_o"]
        product = multiply(
            *(self._context, self._rows_of(self.gates), w.gpu_data.reshape(*w.shape).T),
            self._rows_of(self._o),
            bias=b.gpu_data,
        )
        return product + self._tanh("tanh_forward", y, self._o, y)

    def begin_backward(self, weights, y, dy):
        w = weights["o"].gpu_data.reshape(*weights["o"].shape)
        first = self._tanh("tanh_backward", y, y, dy, self._do)
        do, dh = self._rows_of(self._do), self._rows_of(self._dh)
        return first + multiply(self._context, do, w, dh)

    def backward(self, gates, kept, dy, t, flags, carried, diffs):
        dh = self._dh.reshape(self._steps, -1)[t]
        arrays = gates, dh, flags[1], carried[0], diffs
        return self._launch("rnn_step_backward", dy, flags[1], *arrays)

    def factors(self):
        return [("o", self._rows_of(self._do), self._rows_of(self.gates))]

    def _rows_of(self, array: Array) -> Array:
        return array.reshape(self._steps * self._streams, self._size)

    def _tanh(self, name: str, like: Array, *arrays: Array) -> list[Launch]:
        function = self._context.function("recurrent.cu", name, like.dtype, FLAG="float")
        count = self._steps * self._count
        return self._context.each(function, name, count, *arrays, count)
