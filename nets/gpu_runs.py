"""GpuRuns: whole passes of a plan on a GPU, as CUDA graphs from the third time on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..core import Call
from ..core.gpu import OutOfDeviceMemory
from ..kernels.gpu import Context
from .bound import Bound
from .recording import Recordings


class GpuRuns:
    """Runs what `bound` binds."""

    def __init__(self, context: Context, bound: Bound):
        self.context = context
        self._bound = bound
        self._recordings = Recordings(context.gpu)
        self.describe_memory: Callable[[], str] = lambda: ""  # what takes it, for errors
        self._sending: list[Call] = [self.send]
        self.seeding: list[Call] = []  # sets the gradients of losses before each backward pass

    @contextmanager
    def running(self) -> Iterator[None]:
        """Around what runs layers: what the host wrote goes to the device, and grows old."""
        try:
            with self.context.gpu.residence.running():
                yield
        except OutOfDeviceMemory as problem:
            raise OutOfDeviceMemory(f"{problem}. {self.describe_memory()}") from None

    def send(self) -> None:
        """Send the numbers that are others in every forward pass."""
        self.context.changing.send()

    def forward(self) -> bool:
        """Run a forward pass; False, having done nothing, if shapes may change on the way."""
        calls = self._forward()
        if calls is not None:
            self._recordings.run("forward", [self._sending, calls])
        else:
            self.send()
        return calls is not None

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
        after_forward: Sequence[Sequence[Call]],
        last: Sequence[Call],
    ) -> bool:
        """Run a forward and a backward pass for each batch, and what else a step consists of.

        There are as many batches as lists in after_forward, each of which follows a forward pass;
        `first` comes before everything, and `last` after it. The lists must be the same ones every
        time. False, having done nothing, if shapes may change on the way.
        """
        forward = self._forward()
        if forward is None:
            return False
        lists: list[Sequence[Call]] = [first]
        for batch, calls in enumerate(after_forward):
            backward = self._bound.backward(adds=batch > 0)
            lists += [self._sending, forward, calls, self.seeding, backward]
        self._recordings.run("step", [*lists, last])
        return True

    def _forward(self) -> list[Call] | None:
        """The calls of a forward pass, the same list while it stays so; None if shapes vary."""
        segments = self._bound.forward()
        return segments[0][0] if len(segments) == 1 else None
