"""Embedding: a learned vector for each of a number of symbols."""

from collections.abc import Sequence

from ...core import Blobs, Call, Layout
from .context import Context
from .faults import Explain
from .kernel import Wants
from .part_sums import PartSums
from .rows import Rows


class Embedding:
    """y = w[x] + b.

    weights  w (inputs, outputs) and perhaps b (outputs)
    explain  gives the error of an index that names no row of w
    """

    layout = Layout.PLAIN
    backward_reads = True, False
    exact_bottoms = (0,)

    def __init__(self, context: Context, weights: Blobs, explain: Explain):
        self._context, self._weights = context, weights
        self._rows, self._sums = Rows(context, explain), PartSums(context)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        w, *b = [weight.gpu_data for weight in self._weights]
        return self._rows.pick(w, bottom[0].gpu_data, top[0].gpu_data, *b)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        x, dy, calls = bottom[0].gpu_data, top[0].gpu_diff, []
        w, *b = self._weights
        if wants.weights[0]:
            calls += self._rows.add(w.gpu_diff, x, dy, wants.adds[0])
        if b and wants.weights[1]:
            folded = 1, x.size, w.shape[1], 1
            calls += self._sums.bind(folded, b[0].gpu_diff, dy, adds=wants.adds[1])
        return calls
