"""Recording: a list of calls whose launches become CUDA graphs once they have been made twice.

Launching a graph costs as much as launching one kernel, however many it holds.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from ..core import Call
from ..kernels.gpu.launch import is_capturable

EAGER_TIMES = 2  # in the first run kernels are compiled; the second one shows that nothing else is


class Recording:
    """Runs calls in order, again and again: launches in a row as one graph, others one by one.

    Calls that are no launches, such as those of layers that run on the host, split the graph.
    """

    def __init__(self, gpu: Any, calls: Sequence[Call]):
        self._gpu = gpu
        self._calls: Sequence[Call] = calls
        self._times = 0

    def run(self) -> None:
        """Make all calls."""
        if self._times == EAGER_TIMES:
            self._calls = self._captured()
        self._times += 1
        for call in self._calls:
            call()

    def _captured(self) -> list[Call]:
        parts: list[Call] = []
        for is_launch, group in groupby(self._calls, is_capturable):
            calls = list(group)
            parts += [self._gpu.capture(calls)] if is_launch and len(calls) > 1 else calls
        return parts


class Recordings:
    """Keeps a Recording for as long as the lists of calls it was made of are the same lists."""

    def __init__(self, gpu: Any):
        self._gpu = gpu
        self._kept: dict[Any, tuple[Sequence[Any], Recording]] = {}

    def run(self, key: Any, lists: Sequence[Sequence[Call]]) -> None:
        """Run the calls of all lists; key tells what this is a recording of."""
        known = self._kept.get(key)
        if known is None or not _are_same(known[0], lists):
            recording = Recording(self._gpu, [call for calls in lists for call in calls])
            known = self._kept[key] = list(lists), recording
        known[1].run()


def _are_same(some: Sequence[Any], others: Sequence[Any]) -> bool:
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))
