"""LSTMUnit: one step of an LSTM, from what goes into its gates."""

from collections.abc import Sequence
from typing import Any

from ...core import Blobs, Call, Layout
from .context import Context
from .kernel import Wants


class LSTMUnit:
    """c = cont f c_prev + i g, h = o tanh(c) from c_prev, gates and cont."""

    layout = Layout.PLAIN
    backward_reads = True, False

    def __init__(self, context: Context):
        self._context = context

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        return self._launch("forward", [blob.gpu_data for blob in (*bottom, *top)])

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not any(wants.bottoms):
            return []
        return self._launch(
            "backward",
            [
                *(blob.gpu_data for blob in bottom),
                *(blob.gpu_diff for blob in top),
                *(bottom[i].gpu_diff if wants.bottoms[i] else None for i in range(2)),
            ],
        )

    def _launch(self, name: str, arrays: list[Any]) -> Sequence[Call]:
        _, n, d = arrays[0].shape
        flag = "real" if arrays[2].dtype == arrays[0].dtype else "float"
        function = self._context.function("lstm_unit.cu", name, arrays[0].dtype, FLAG=flag)
        return self._context.each(function, "lstm_unit", n * d, *arrays, n, d)
