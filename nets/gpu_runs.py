"""GpuRuns: whole passes of a plan on a GPU, as CUDA graphs from the third time on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from ..core import Call
from ..core.gpu import OutOfDeviceMemory
from ..kernels.gpu import Context
from ..kernels.gpu.launch import is_capturable
from ..proto import ConfigError
from .bound import Bound, Segment
from .recording import Recordings


class GpuRuns:
    """Runs what `bound` binds; explained(problem, layer) completes the error of a layer."""

    def __init__(
        self,
        context: Context,
        bound: Bound,
        explained: Callable[[ConfigError, int], ConfigError],
    ):
        self.context = context
        self._bound, self._explained = bound, explained
        self._recordings = Recordings(context.gpu)
        self._segments: list[Segment] | None = None
        self._forward: list[Call] = []
        self.describe_memory: Callable[[], str] = lambda: ""  # what takes it, for errors
        self._sending: list[Call] = [self.begin_forward]
        self.seeding: list[Call] = []  # sets the gradients of losses before each backward pass

    @contextmanager
    def running(self) -> Iterator[None]:
        """Around what runs layers: what the host wrote goes to the device, and grows old."""
        try:
            with self.context.gpu.residence.running():
                yield
        except OutOfDeviceMemory as problem:
            raise OutOfDeviceMemory(f"{problem}. {self.describe_memory()}") from None

    def begin_forward(self) -> None:
        """Send the numbers that are others in every pass."""
        self.context.changing.send()

    def forward(self) -> bool:
        """Run a forward pass; False, having done nothing, if shapes may change on the way."""
        calls = self.forward_calls()
        if calls is not None:
            self._recordings.run("forward", [calls])
        return calls is not None

    def seed(self) -> None:
        """Set the gradients of losses, where they are others in every pass."""
        for call in self.seeding:
            call()

    def backward(self, adds: bool) -> None:
        """Run a backward pass that adds to the diffs of weights, or writes them."""
        self._recordings.run(("backward", adds), [self.seeding, self._bound.backward(adds)])

    def step(self, after_forward: Sequence[Sequence[Call]], last: Sequence[Call]) -> bool:
        """Run a forward and a backward pass for each batch, and what else a step consists of.

        There are as many batches as lists in after_forward, each of which follows a forward pass;
        `last` follows everything. The lists must be the same ones every time. False, having done
        nothing, if shapes may change on the way.
        """
        forward = self.forward_calls()
        if forward is None:
            return False
        lists: list[Sequence[Call]] = []
        for batch, calls in enumerate(after_forward):
            if batch:
                lists.append(self._sending)
            lists += [forward, calls, self.seeding, self._bound.backward(adds=batch > 0)]
        self._recordings.run("step", [*lists, last])
        return True

    def forward_calls(self) -> list[Call] | None:
        """The calls of a forward pass, the same list while it stays so; None if shapes vary."""
        segments = self._bound.forward()
        if len(segments) != 1:
            return None
        if segments is not self._segments:
            self._segments = segments
            self._forward = [
                call if is_capturable(call) else partial(self._run_on_host, call, layer)
                for call, layer in zip(*segments[0], strict=True)
            ]
        return self._forward

    def _run_on_host(self, call: Call, layer: int) -> None:
        try:
            call()
        except ConfigError as problem:
            raise self._explained(problem, layer) from None
