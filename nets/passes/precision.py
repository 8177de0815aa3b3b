"""Choose which blobs of a net on a GPU are stored in 16 bits: all that kernels may round.

What must stay exact, such as labels, indices and losses, kernels say with exact_bottoms and
exact_tops, the numbers of these blobs. All other blobs of a kernel are stored alike. Layers that
run on the host take either: the copies convert; and so do kernels that say takes_either.
"""

from collections.abc import Sequence
from typing import Any

from ...core import Blob, Memory
from ...core.device_memory import DeviceMemory
from ..gpu_runner import GpuRunner
from ..step import Step
from .groups import Groups


def round_blobs(steps: Sequence[Step], stored: Any) -> None:
    """Let the device store as `stored` whatever may be rounded; None: nothing may."""
    if stored is None:
        return
    groups: Groups[Memory] = Groups()
    exact: set[Memory] = set()
    touched: list[Blob] = []
    for step in steps:
        if not isinstance(step.runner, GpuRunner) or step.runner.kernel is None:
            continue
        if getattr(step.runner.kernel, "takes_either", False):
            continue
        free = []
        for blobs, side in ((step.bottoms, "exact_bottoms"), (step.tops, "exact_tops")):
            numbers = getattr(step.runner.kernel, side, ())
            free += [blob for i, blob in enumerate(blobs) if i not in numbers]
            exact |= {blob.data_memory for i, blob in enumerate(blobs) if i in numbers}
        groups.join([blob.data_memory for blob in free])
        touched += free
    kept = {groups.of(memory) for memory in exact}
    for blob in touched:
        if groups.of(blob.data_memory) in kept:
            continue
        for memory in (blob.data_memory, blob.diff_memory):
            if isinstance(memory, DeviceMemory):
                memory.store_as(stored)
