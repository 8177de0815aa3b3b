"""In nets that only run forward, let a convolution add to the shortcut beside it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ...core import Array, Blob, Blobs, Calls, Layout
from ...kernels.slope import Slope, rectify
from ...layers.convolution import Convolution
from ...layers.eltwise import Eltwise
from ..step import ForwardRunner, Step, Terms
from .folding import FoldedConvolution
from .relu import WithReLU


class AddingConvolution(ForwardRunner):
    """y = ReLU(convolution of bottom[0] + bottom[1]), in the memory of bottom[1]."""

    def __init__(self, convolution: Convolution | FoldedConvolution, slope: Slope | None):
        self._convolution, self._slope = convolution, slope

    @property
    def weights(self) -> list[Blob]:
        """Those of the convolution."""
        return self._convolution.weights

    def layout(self) -> Layout:
        """All blobs alike: one is written over another."""
        return Layout.EITHER

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        """The convolution's."""
        top[0].share_data(bottom[1])
        self._convolution.prepare_kernels(bottom[:1], top)
        self._apart = [top[0].like()]  # takes no memory before it is used

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        """One call where the convolution's kernel can add and knows ReLU, else several."""
        if self._convolution.applies_relu:
            options = {"constant": constant, "slope": self._slope, "adds": True}
            return self._convolution.bind_forward(bottom[:1], top, **options)
        first = self._convolution.bind_forward(bottom[:1], self._apart, constant=constant)
        return first.then(Calls([partial(self._add, self._apart[0].data, top[0].data)]))

    def _add(self, x: Array, y: Array) -> None:
        y += x
        if self._slope is not None:
            rectify(y, self._slope)


def fuse_residual_sums(steps: list[Step], terms: Terms) -> list[Step]:
    """Join each sum of two blobs with the convolution that makes one of them."""
    if not terms.forward_only:
        return steps
    steps = list(steps)
    for total in list(steps):
        eltwise, slope = _sum_of(total)
        if eltwise is None or len(total.bottoms) != 2 or not eltwise.passes_gradient_on:
            continue
        for addend, shortcut in (total.bottoms[::-1], total.bottoms):
            index = _maker(steps, addend)
            if index is None or not _may_overwrite(steps, index, shortcut, total, terms):
                continue
            maker = steps[index]
            if not terms.may_skip(addend, total.tops[0]) or not _adds(maker, total.layers):
                continue
            layers = sorted([*maker.layers, *total.layers])
            runner = AddingConvolution(maker.runner, slope)  # type: ignore[arg-type]
            bottoms = [*maker.bottoms, shortcut]
            steps[index] = replace(
                maker, layers=layers, runner=runner, bottoms=bottoms, tops=total.tops
            )
            steps.remove(total)
            break
    return steps


def _sum_of(step: Step) -> tuple[Eltwise | None, Slope | None]:
    """The sum that a step computes, and the slope of the ReLU after it, if there is one."""
    if isinstance(step.runner, Eltwise):
        return step.runner, None
    if isinstance(step.runner, WithReLU) and isinstance(step.runner.layer, Eltwise):
        return step.runner.layer, step.runner.slope
    return None, None


def _maker(steps: Sequence[Step], blob: Blob) -> int | None:
    """The number of the step that makes a blob, if no other but the sum touches it."""
    makers = [i for i, step in enumerate(steps) if any(b is blob for b in step.tops)]
    readers = [step for step in steps if any(b is blob for b in step.bottoms)]
    return makers[0] if len(makers) == len(readers) == 1 else None


def _adds(step: Step, after: list[int]) -> bool:
    """Whether it is a convolution whose kernel can add, of float32 in a usual geometry."""
    runner = step.runner
    if not isinstance(runner, Convolution | FoldedConvolution) or len(step.bottoms) != 1:
        return False
    return runner.layout() is Layout.CHANNELS_LAST and max(step.layers) < min(after)


def _may_overwrite(
    steps: Sequence[Step], index: int, shortcut: Blob, total: Step, terms: Terms
) -> bool:
    """Whether nobody needs the shortcut, or what shares its memory, from step `index` on."""
    alike = {shortcut}
    for step in reversed(steps[:index]):
        if getattr(step.runner, "type", "") == "Split" and not alike.isdisjoint(step.tops):
            alike.update(step.blobs)
    if any(terms.kept(blob) for blob in alike):
        return False
    made = any(not alike.isdisjoint(step.tops) and step.bottoms for step in steps[:index])
    sharing = ("Reshape", "Flatten", "Slice", "Concat")
    for i, step in enumerate(steps):
        touches = not alike.isdisjoint(step.blobs)
        if touches and getattr(step.runner, "type", "") in sharing:
            return False
        if touches and i >= index and step is not total:
            return False
    return made
