"""GpuRuns: whole passes of a plan on a GPU, as CUDA graphs from the third time on.

A layer that may change shapes, such as one in Python, ends a graph: only then it is known whether
what comes after it still is the same.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from ..core import Call
from ..kernels.gpu import Context
from .bound import Bound
from .recording import Recordings

Follow = Callable[[int], None]  # prepares what comes after a layer for the shapes it gave


class GpuRuns:
    """Runs what `bound` binds."""

    def __init__(self, context: Context, bound: Bound):
        self.context = context
        self._bound = bound
        self._recordings = Recordings(context.gpu)
        self.naming_blobs: Callable[[], AbstractContextManager[None]] = nullcontext  # in errors
        self._sending: list[Call] = [self.send]
        self.seeding: list[Call] = []  # sets the gradients of losses before each backward pass

    @contextmanager
    def running(self) -> Iterator[None]:
        """Around what runs layers: what the host wrote goes to the device, and grows old."""
        with self.naming_blobs(), self.context.gpu.residence.running():
            yield

    def send(self) -> None:
        """Send the numbers that are others in every forward pass."""
        self.context.changing.send()

    def forward(self, follow: Follow) -> None:
        """Run a forward pass."""
        self._recordings.run("forward", self._run_to_last("forward", [self._sending], follow))

    def seed(self) -> None:
        """Set the gradients of losses, where they are others in every pass."""
        for call in self.seeding:
            call()

    def backward(self, adds: bool) -> None:
        """Run a backward pass that adds to the diffs of weights, or writes them."""
        self._recordings.run(("backward", adds), [self.seeding, self._bound.backward(adds)])

    def step(
        self,
        first: Sequence[Call],
        after_forward: Callable[[int], Sequence[Call]],
        last: Sequence[Call],
        batches: int,
        follow: Follow,
    ) -> None:
        """Run a forward and a backward pass for each batch, and what else a step consists of.

        `first` comes before everything, after_forward(batch) after each forward pass, and `last`
        after it all: the same calls every time, as long as shapes stay.
        """
        lists: list[Sequence[Call]] = [first]
        for batch in range(batches):
            lists = self._run_to_last(("step", batch), [*lists, self._sending], follow)
            lists += [after_forward(batch), self.seeding, self._bound.backward(adds=batch > 0)]
        self._recordings.run("step", [*lists, last])

    def _run_to_last(
        self, key: Any, lists: Sequence[Sequence[Call]], follow: Follow
    ) -> list[Sequence[Call]]:
        """Run `lists` and a forward pass up to the last layer that may change shapes.

        Returns what is still to be run.
        """
        number = 0
        while number < len(segments := self._bound.forward()) - 1:
            calls, layers = segments[number]
            self._recordings.run((key, number), [*lists, calls])
            follow(layers[-1])
            number, lists = number + 1, []
        return [*lists, segments[number][0]]
