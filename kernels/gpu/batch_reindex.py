"""BatchReindex: picks, reorders and repeats the items of a batch."""

from collections.abc import Sequence

from ...core import Blobs, Call, Layout
from .context import Context
from .faults import Explain
from .kernel import Wants
from .rows import Rows


class BatchReindex:
    """y[m] = x[index[m]], index being bottom[1].

    explain  gives the error of an index that names no item
    """

    layout = Layout.EITHER  # items lie one after the other
    backward_reads = True, False
    exact_bottoms = (1,)

    def __init__(self, context: Context, explain: Explain):
        self._context = context
        self._rows = Rows(context, explain)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        return self._rows.pick(bottom[0].gpu_data, bottom[1].gpu_data, top[0].gpu_data)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        return self._rows.add(bottom[0].gpu_diff, bottom[1].gpu_data, top[0].gpu_diff, False)
