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

    Hooks, debug_info and callbacks of layers run between the parts; with these, and where shapes
    vary, an iteration is run part by part.
    """

    updater: GpuUpdater

    def __init__(self, param, net: Net, updater: GpuUpdater):
        super().__init__(param, net, updater)
        self._updated = False
        self._ring: LossRing | None = None
        self._tops: list[tuple[Array, float]] = []
        self._noting: list[Sequence[Call]] = []

    def gradients(self) -> SupportsFloat:
        self._updated = not self._is_watched and self._run_at_once()
        if not self._updated:
            return super().gradients()
        self.updater.weights.version += 1
        assert self._ring
        return self._ring.next(self.param.iter_size)

    def update(self) -> None:
        if not self._updated:
            super().update()

    @property
    def _is_watched(self) -> bool:
        net = self.net
        return bool(self.on_start or self.on_gradients_ready or net.watchers or net.debug_info)

    def _run_at_once(self) -> bool:
        if self._ring is None:
            self._ring = LossRing(self.updater.context, self.net.plan.check_faults)
        self.updater.begin(self.rate, self.iteration)
        updater = self.updater
        return self.net.plan.step_on_gpu(updater.sending, self._after_forward(), updater.calls)

    def _after_forward(self) -> list[Sequence[Call]]:
        """The calls that note the loss of each batch."""
        assert self._ring
        tops = [(top.gpu_data, weight) for _, top, weight in self.net.plan.losses]
        is_same = all(a[0] is b[0] for a, b in zip(tops, self._tops, strict=False))
        if not self._noting or not is_same:  # another shape has another array
            self._tops = tops
            self._noting = [
                self._ring.bind(tops, adds=batch > 0) for batch in range(self.param.iter_size)
            ]
        return self._noting
