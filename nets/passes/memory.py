"""Let blobs share memory: one whose values nobody reads any more gives its place to another.

Time runs through the forward steps and, in training, back through the backward steps. A blob's
data is needed from the step that writes it to the last one that reads it, forward or backward;
its diff from the backward step that writes it to the one that reads it.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...core import Blob, Memory
from ...core.residence import Residence
from ..step import Step

ALIGNMENT = 16  # numbers: a cache line


@dataclass
class Tenant:
    """A memory that needs a place, and from when to when."""

    memory: Memory
    count: int
    first: int
    last: int
    offset: int = 0


@dataclass
class Sharing:
    """What came of it, in bytes."""

    arena: int = 0  # what the blobs that share have together
    blobs: int = 0  # what they would take each by itself


def share_memory(
    steps: Sequence[Step],
    needs_backward: Callable[[Step], bool],
    kept: Collection[Blob],
    residence: Residence | None = None,
) -> Sharing:
    """Give the blobs of the steps, except for the kept ones, places in one array.

    The array is on the host or, for blobs that live on a GPU, there.
    """
    tenants = _tenants(steps, needs_backward, kept)
    total = _settle(tenants)
    if not tenants:
        return Sharing()
    arena = residence.gpu.zeros(total, "float32") if residence else np.zeros(total, "float32")
    for tenant in tenants:
        tenant.memory.bind(arena[tenant.offset : tenant.offset + tenant.count])
    return Sharing(arena.nbytes, 4 * sum(tenant.count for tenant in tenants))


def _tenants(
    steps: Sequence[Step], needs_backward: Callable[[Step], bool], kept: Collection[Blob]
) -> list[Tenant]:
    tenants: dict[Memory, Tenant] = {}
    refused = {memory for blob in kept for memory in (blob.data_memory, blob.diff_memory)}
    uses = [*_uses_of_data(steps, needs_backward), *_uses_of_diffs(steps, needs_backward)]
    for time, blob, memory, is_own in uses:
        # Memory that was written to already belongs to somebody, or holds what must stay.
        if not is_own or memory.exists or blob.dtype != "float32":
            refused.add(memory)
            continue
        count = _numbers_in_arena(blob, memory)
        tenant = tenants.setdefault(memory, Tenant(memory, count, time, time))
        tenant.count = max(tenant.count, count)
        tenant.first, tenant.last = min(tenant.first, time), max(tenant.last, time)
    return [tenant for memory, tenant in tenants.items() if memory not in refused]


def _numbers_in_arena(blob: Blob, memory: Memory) -> int:
    """How many float32 numbers take as much room as the blob does."""
    stored = getattr(memory, "device_dtype", None)
    return -(-blob.count * np.dtype(stored or "float32").itemsize // 4)


Use = tuple[int, Blob, Memory, bool]  # when, what, where, and whether it may move


def _uses_of_data(steps: Sequence[Step], needs_backward: Callable[[Step], bool]) -> Iterator[Use]:
    end = 2 * len(steps) - 1
    for time, step in enumerate(steps):
        for blob in step.blobs:
            yield time, blob, blob.data_memory, step.shares_memory
        if needs_backward(step):
            reads_bottoms, reads_tops = step.runner.backward_reads()
            for blob in (*step.bottoms * reads_bottoms, *step.tops * reads_tops):
                yield end - time, blob, blob.data_memory, step.shares_memory


def _uses_of_diffs(steps: Sequence[Step], needs_backward: Callable[[Step], bool]) -> Iterator[Use]:
    end = 2 * len(steps) - 1
    written: set[Memory] = set()
    for time, step in reversed(list(enumerate(steps))):
        if not needs_backward(step):
            continue
        for blob in step.tops:
            # What nobody writes is read as zeros.
            is_own = step.shares_memory and blob.diff_memory in written
            yield end - time, blob, blob.diff_memory, is_own
        for blob, wanted in zip(step.bottoms, step.propagates_down, strict=True):
            if wanted:
                written.add(blob.diff_memory)
                yield end - time, blob, blob.diff_memory, step.shares_memory


def _settle(tenants: list[Tenant]) -> int:
    """Choose offsets, the largest first, each in the lowest gap; returns the numbers needed."""
    settled: list[Tenant] = []
    for tenant in sorted(tenants, key=lambda t: -t.count):
        meets = sorted(
            (t for t in settled if t.first <= tenant.last and tenant.first <= t.last),
            key=lambda t: t.offset,
        )
        tenant.offset = 0
        for other in meets:
            if tenant.offset + tenant.count <= other.offset:
                break
            end = other.offset + other.count
            tenant.offset = max(tenant.offset, -(-end // ALIGNMENT) * ALIGNMENT)
        settled.append(tenant)
    return max((t.offset + t.count for t in settled), default=0)
