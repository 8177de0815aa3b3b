"""LabelSpecificAdd: a margin for the score of the right class."""

from collections.abc import Sequence

from ...core import Array, Blobs, Call, Layout
from .context import Context
from .faults import Explain
from .kernel import Wants


class LabelSpecificAdd:
    """y = x, with the margin added to the score of each item's label where that is above -margin.

    margin   one number on the device; None: nothing is added
    explain  gives the error of a label that names no score
    """

    layout = Layout.PLAIN
    backward_reads = False, False
    exact_bottoms = (1,)

    def __init__(self, context: Context, margin: Array, explain: Explain):
        self._context, self._margin = context, margin
        self._fault = context.faults.add(explain)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        y, labels = top[0].gpu_data, bottom[1].gpu_data
        is_in_place = bottom[0] is top[0]
        copying = [] if is_in_place else self._context.copy_memory(bottom[0].gpu_data, y)
        if self._margin is None or not y.size:
            return copying
        function = self._context.function("label_margin.cu", "add_margin", y.dtype)
        items = top[0].shape[0]
        arguments = y, labels, self._margin, items, top[0].count // items, self._fault
        return [*copying, *self._context.each(function, "label margin", items, *arguments)]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0] or bottom[0] is top[0]:
            return []
        return self._context.copy_memory(top[0].gpu_diff, bottom[0].gpu_diff)
