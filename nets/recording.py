"""Recording: a list of calls whose launches become CUDA graphs once they have been made twice.

Launching a graph costs as much as launching one kernel, however many it holds.
"""

from collections.abc import Sequence
from itertools import chain, groupby
from operator import is_
from typing import Any

from ..core import Call
from ..kernels.gpu.launch import is_capturable

EAGER_TIMES = 2  # in the first run kernels are compiled; the second one shows that nothing else is


class Launches:
    """Launches in a row, which become one graph."""

    def __init__(self, gpu: Any, calls: Sequence[Call]):
        self._gpu, self._calls = gpu, calls
        self._times = 0
        self._graph: Call | None = None

    def __call__(self) -> None:
        if self._times == EAGER_TIMES:
            self._graph = self._gpu.capture(self._calls)
        self._times += 1
        if self._graph:
            self._graph()
        else:
            for call in self._calls:
                call()


class Recording:
    """Runs the calls of lists in order, again and again.

    Calls that are no launches, such as those of layers that run on the host, split the graph.
    What has become a graph in the recording `before` this one stays one here.
    """

    def __init__(self, gpu: Any, lists: Sequence[Sequence[Call]], before: "Recording | None"):
        self._lists = list(lists)
        known = before._rows if before else {}
        self._rows: dict[tuple[int, ...], Launches] = {}
        self._calls: list[Call] = []
        for is_launch, group in groupby(chain(*lists), is_capturable):
            calls = list(group)
            if is_launch and len(calls) > 1:
                row = tuple(map(id, calls))
                self._rows[row] = known.get(row) or Launches(gpu, calls)
                self._calls.append(self._rows[row])
            else:
                self._calls += calls

    def is_of(self, lists: Sequence[Sequence[Call]]) -> bool:
        """Whether it was made of these lists."""
        return len(lists) == len(self._lists) and all(map(is_, lists, self._lists))

    def run(self) -> None:
        """Make all calls."""
        for call in self._calls:
            call()


class Recordings:
    """Keeps a Recording for as long as the lists of calls it was made of are the same lists."""

    def __init__(self, gpu: Any):
        self._gpu = gpu
        self._kept: dict[Any, Recording] = {}

    def run(self, key: Any, lists: Sequence[Sequence[Call]]) -> None:
        """Run the calls of all lists; key tells what this is a recording of."""
        known = self._kept.get(key)
        if known is None or not known.is_of(lists):
            known = self._kept[key] = Recording(self._gpu, lists, known)
        known.run()
