"""GpuTrainingStep: one iteration on a GPU as one launch, from the third on."""

from collections.abc import Sequence
from typing import SupportsFloat

from ..core import Array, Call
from ..nets import Net
from .gpu_updater import GpuUpdater
from .late_loss import LossRing
from .training_step import TrainingStep


class GpuTrainingStep(TrainingStep):
    """Forward, backward and the update in one CUDA graph, where nothing has to look in between.

    Hooks, debug_info and callbacks of layers run between the parts; with these an iteration is
    run part by part.
    """

    updater: GpuUpdater

    def __init__(self, param, net: Net, updater: GpuUpdater):
        super().__init__(param, net, updater)
        self._updated = False
        self._ring: LossRing | None = None
        self._noting: dict[int, tuple[list[tuple[Array, float]], Sequence[Call]]] = {}

    def gradients(self) -> SupportsFloat:
        self._updated = not self._is_watched
        return self._run_at_once() if self._updated else super().gradients()

    def update(self) -> None:
        if not self._updated:
            super().update()

    @property
    def _is_watched(self) -> bool:
        net = self.net
        return bool(self.on_start or self.on_gradients_ready or net.watchers or net.debug_info)

    def _run_at_once(self) -> SupportsFloat:
        plan, updater, batches = self.net.plan, self.updater, self.param.iter_size
        if self._ring is None:
            self._ring = LossRing(updater.context, plan.check_faults)
        updater.begin(self.rate, self.iteration)
        plan.step_on_gpu(updater.sending, self._note_loss, updater.calls, batches)
        updater.weights.version += 1
        return self._ring.next(batches)

    def _note_loss(self, batch: int) -> Sequence[Call]:
        """The calls that note the loss of a batch; other ones if its tops have other arrays."""
        assert self._ring
        tops = [(top.gpu_data, weight) for _, top, weight in self.net.plan.losses]
        known = self._noting.get(batch)
        if known is None or any(a[0] is not b[0] for a, b in zip(tops, known[0], strict=True)):
            known = self._noting[batch] = tops, self._ring.bind(tops, adds=batch > 0)
        return known[1]
