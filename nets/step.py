"""Step: one entry of a plan, a layer or several that a pass made one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..core import Blob, Blobs, Calls, Layout
from ..kernels import gpu


class Runner(Protocol):
    """What runs a step: a Layer, or what a pass put in the place of several."""

    @property
    def weights(self) -> list[Blob]:
        """The weights whose gradients backward gives, those of all its layers."""
        ...

    @property
    def propagate_down(self) -> list[bool]:
        """Which bottoms have gradients that somebody reads."""
        ...

    @property
    def param_propagate_down(self) -> list[bool]:
        """Which weights have gradients that somebody reads."""
        ...

    def layout(self) -> Layout:
        """As Layer.layout."""
        ...

    def backward_reads(self) -> tuple[bool, bool]:
        """As Layer.backward_reads."""
        ...

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        """As Layer.prepare_kernels."""
        ...

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        """As Layer.gpu_kernel."""
        ...

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        """As Layer.bind_forward."""
        ...

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        """As Layer.bind_backward."""
        ...


class ForwardRunner:
    """The base of what a pass puts in the place of several layers in nets that only run forward."""

    propagate_down: list[bool] = []
    param_propagate_down: list[bool] = []

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        """None: the passes that make these are for the CPU."""
        return None

    def backward_reads(self) -> tuple[bool, bool]:
        """Nothing: there is no backward."""
        return False, False

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        """There is no backward."""
        raise NotImplementedError


@dataclass(eq=False)
class Step:
    """Layers that run as one, with the blobs that go in and come out.

    A blob may be a hidden one, which stands for what a visible blob holds for a while before
    layers in place write over it.
    """

    layers: list[int]  # their numbers in the net, in order
    runner: Runner
    bottoms: list[Blob]
    tops: list[Blob]
    hidden: list[tuple[Blob, Blob]] = field(default_factory=list)  # (hidden blob, visible one)
    propagates_down: list[bool] = field(default_factory=list)  # which bottoms get a gradient
    # Whether the layers, run one by one, find what their backward passes need.
    leaves_traces: bool = True

    @property
    def shares_memory(self) -> bool:
        """Whether its blobs may give their memory to others: users' code may hold on to arrays."""
        return bool(self.bottoms) and getattr(self.runner, "type", "") != "Python"

    @property
    def shapes_vary(self) -> bool:
        """As Layer.shapes_vary."""
        return getattr(self.runner, "shapes_vary", False)

    @property
    def blobs(self) -> list[Blob]:
        """All that it touches."""
        return [*self.bottoms, *self.tops]


@dataclass(frozen=True)
class Terms:
    """What a pass must know of the net whose steps it gets."""

    forward_only: bool
    kept: Callable[[Blob], bool]  # whether a blob must hold, after a pass, what its layer made
    runs_parts: bool = True  # whether layers may be run one by one as well
    on_gpu: bool = False

    def may_skip(self, blob: Blob, later: Blob) -> bool:
        """Whether nobody sees `blob` before its value gives way to that of `later`."""
        return blob is later or not self.kept(blob)


def next_reader(steps: Sequence[Step], index: int) -> Step | None:
    """The next step that reads the only top of step `index`, if it reads nothing else."""
    tops = steps[index].tops
    if len(tops) != 1:
        return None
    for step in steps[index + 1 :]:
        if any(blob is tops[0] for blob in step.blobs):
            return step if len(step.bottoms) == 1 and step.bottoms[0] is tops[0] else None
    return None
