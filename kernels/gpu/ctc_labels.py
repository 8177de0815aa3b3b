"""CTCLabels: the labels and steps of the sequences of a batch, read anew in every pass."""

from ...core import Blobs
from .context import THREADS, Context
from .faults import Explain
from .launch import Launch


class CTCLabels:
    """Reads labels as CTCLossLayer does it, from all bottoms but the first.

    labels  (N, room), of which counts (N) are there; no blanks
    firsts  (N, room): for each label, the first one of its class; nexts: the next one, or the count
    steps   (N): how many a sequence has after the first `delay`

    sizes      N, and into how many classes labels go
    time       how many steps a sequence has, as far as bottoms do not say
    blank      one of the classes
    collapses  whether a label that repeats counts once
    explain    makes an error of how many sequences there are after the first that cannot be
    """

    def __init__(
        self,
        context: Context,
        bottom: Blobs,
        sizes: tuple[int, int],
        *,
        time: int,
        delay: int,
        blank: int,
        collapses: bool,
        explain: Explain,
    ):
        self._context = context
        self.sequences, self.classes = sizes
        self.blank = blank
        self._by_sequence = len(bottom) == 2
        self.room = bottom[-1].count // max(self.sequences, 1)
        self._times = time, delay
        self._rule = self.classes, blank, collapses, context.faults.add(explain)
        self.counts, self.steps = (context.zeros(self.sequences, "int32") for _ in range(2))
        self.labels, self.firsts, self.nexts = (
            context.zeros(self.sequences * self.room, "int32") for _ in range(3)
        )

    @property
    def states(self) -> int:
        """How many states paths can be in: labels, and blanks around them."""
        return 2 * self.room + 1

    def find(self, bottom: Blobs) -> list[Launch]:
        """The launches that write the arrays."""
        _, *others, labels = (blob.gpu_data for blob in bottom)
        cont = others[0] if len(others) == 1 else None
        lengths, sizes = others if len(others) == 2 else (None, None)
        steps = (1, self.room) if self._by_sequence else (self.sequences, 1)
        results = self.labels, self.counts, self.firsts, self.nexts, self.steps
        return self._context.blocks(
            *(self._context.function("ctc_labels.cu", "read_labels"), "labels"),
            *(self.sequences, THREADS, labels, self.sequences, self.room, *steps),
            *(cont, lengths, sizes, *self._times, *self._rule, *results),
        )
