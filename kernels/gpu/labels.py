"""Labels: what kernels that read the right class of each place are told."""

from typing import Any

from ...core import Blob
from .context import Context
from .faults import Explain
from .launch import Launch
from .reordered import Reordered


class Labels:
    """The labels in a blob, one for each place; see labels.cuh.

    ignore_label  the label that counts for nothing, or None
    explain       makes an error of how many labels there are after the first that is no class
    """

    def __init__(self, context: Context, ignore_label: int | None, explain: Explain):
        self._context, self._ignored = context, ignore_label
        self._flag = context.faults.add(explain)

    def bind(self, blob: Blob) -> tuple[list[Launch], tuple[Any, ...]]:
        """Calls to make first, and the arguments labels, ignores, ignored and fault of kernels."""
        ordered = Reordered(self._context, blob.gpu_data, channels_last=False)
        rule = self._ignored is not None, self._ignored or 0
        return ordered.loading, (ordered.array, *rule, self._flag)
