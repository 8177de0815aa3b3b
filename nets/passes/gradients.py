"""Let the gradient of a sum serve as that of its terms, where nobody looks and nobody writes.

The gradient of each bottom of a sum is the top's: with one memory for all there is nothing to
copy. Whoever made a term must then leave the gradient that it reads as it is.
"""

from collections.abc import Sequence

from ...layers.eltwise import Eltwise
from ..gpu_runner import GpuRunner
from ..step import Runner, Step, Terms
from .batch_normalization import Normalization
from .relu import WithReLU


def share_gradients(steps: Sequence[Step], terms: Terms) -> None:
    """Share the diffs of sums with those of their bottoms; after kernels are prepared."""
    for step in steps:
        # The hidden blob shared its diff for the sake of who looks at the visible one.
        for hidden, visible in step.hidden:
            if isinstance(_runner_of(step), Normalization) and not terms.kept(visible):
                hidden.keep_diff_apart()
    for step in steps:
        runner = _runner_of(step)
        layer = runner.layer if isinstance(runner, WithReLU) else runner
        if not isinstance(layer, Eltwise) or not layer.passes_gradient_on:
            continue
        top = step.tops[0]
        for blob in step.bottoms:
            if blob is top or terms.kept(blob) or terms.kept(top):
                continue
            if sum(b is blob for b in step.bottoms) == 1 and _leaves_gradient(steps, blob):
                blob.share_diff(top)


def _leaves_gradient(steps: Sequence[Step], blob) -> bool:
    """Whether the one step that makes the blob only reads its gradient."""
    touching = [step for step in steps if any(b is blob for b in step.tops)]
    if len(touching) != 1:
        return False
    (maker,) = touching
    if isinstance(_runner_of(maker), WithReLU) or not maker.bottoms:
        return False
    return all(below.diff_memory is not blob.diff_memory for below in maker.bottoms)


def _runner_of(step: Step) -> Runner:
    """What runs it, on whichever device."""
    return step.runner.runner if isinstance(step.runner, GpuRunner) else step.runner
