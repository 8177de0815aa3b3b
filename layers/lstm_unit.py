"""LSTMUnit: one step of an LSTM, its gates computed outside."""

import numpy as np

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu
from .families.lstm_cell import LSTMCell


@register("LSTMUnit")
class LSTMUnit(Layer):
    """c = cont * f * c_prev + i * g, h = o * tanh(c): one LSTM step from its gates' inputs.

    i, f, o = sigmoid and g = tanh of the four parts of the gates.

    bottom[0]  c_prev (1, N, D)
    bottom[1]  gates (1, N, 4 D), before sigmoid and tanh, in the order i, f, o, g
    bottom[2]  cont (1, N): 0 where a sequence starts, 1 where it goes on; no gradient
    top[0]     c (1, N, D)
    top[1]     h (1, N, D)

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; Caffe's LSTMUnit.
    """

    bottom_count = 3
    top_count = 2

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        c_prev, gates, cont = bottom_shapes
        if len(c_prev) != 3 or c_prev[0] != 1:
            raise self.error(f"bottom[0] must be c_prev (1, N, D), got shape {c_prev}")
        for i, what, found, wanted in (
            (1, "gates (1, N, 4 D)", gates, (1, c_prev[1], 4 * c_prev[2])),
            (2, "cont (1, N)", cont, (1, c_prev[1])),
        ):
            if found != wanted:
                raise self.error(
                    f"bottom[{i}] must be {what} = {wanted}, as c_prev has shape {c_prev}, "
                    f"got shape {found}"
                )
        return [c_prev, c_prev]

    def allows_force_backward(self, index: int) -> bool:
        return index != 2

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self._cell = LSTMCell(self.dtype, *bottom[0].shape)
        self._dc = np.empty(bottom[0].shape[1:], self.dtype)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        in_place = any(t is b for t in top for b in bottom)
        return None if in_place or self.propagate_down[2] else gpu.LSTMUnit(context)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        c_prev, gates, cont = (blob.data for blob in bottom)
        self._cell.gates[...] = gates
        np.multiply(c_prev, cont[..., None], out=self._cell.c_kept)
        self._cell.forward(0, *(blob.data[0] for blob in top))

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[2]:
            raise self.error("has no gradient for bottom[2], which says where sequences start")
        c, h = top
        self._dc[...] = c.diff[0]
        self._cell.begin_backward()
        self._cell.backward(0, h.diff[0], self._dc)
        if self.propagate_down[0]:
            np.multiply(self._dc, bottom[2].data[0, :, None], out=bottom[0].diff[0])
        if self.propagate_down[1]:
            bottom[1].diff[...] = self._cell.gate_diffs
