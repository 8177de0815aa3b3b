"""GpuUpdater: the update of weights on a GPU, as calls that a CUDA graph may hold."""

from typing import Any

import numpy as np

from ..core import Array, Call
from ..core.residence import Twin
from ..kernels import gpu
from ..kernels.gpu.update import sums_of_squares
from ..nets.weights import Weights
from .updater import Updater


class GpuUpdater(Updater):
    """Moves all weights of a net on a GPU one step.

    As Updater, but that nothing is logged when gradients are clipped: the host does not know.
    """

    def __init__(self, param: Any, weights: Weights, context: gpu.Context):
        self.context = context
        self._rate = 0.0
        super().__init__(param, weights)

    def _prepare(self) -> None:
        weights, param = self.weights, self.param
        residence = self.context.gpu.residence
        self.rule.begin(0)  # only then it has numbers
        self._twins = [
            Twin(residence, weights.size, weights.dtype) for _ in range(self.rule.history_count)
        ]
        # Those of the context are asked for in each forward pass, where the key of a dropout
        # moves on; these in each update.
        self.changing = gpu.ChangingNumbers(self.context.gpu)
        update = gpu.Update(
            self.context,
            self.changing,
            self.rule,
            self._segments,
            self._l1,
            param.clip_gradients,
            param.iter_size,
        )
        self._squaring, self._squares = sums_of_squares(self.context, weights.gpu_data)
        self._found = np.zeros(self._squares.size)
        history = [twin.device() for twin in self._twins]
        self.sending: list[Call] = [self.changing.send]
        self.calls: list[Call] = update.bind(
            weights.gpu_data, weights.gpu_diff, history, lambda: self._rate
        )

    @property
    def history(self) -> list[Array]:
        """What the rule remembers: copies, and what is written to them counts."""
        return [twin.host() for twin in self._twins]

    def state(self) -> dict[str, float]:
        return self.context.loss_scale.state() if self.context.loss_scale else {}

    def restore(self, state: dict[str, float]) -> None:
        if self.context.loss_scale and state:
            self.context.loss_scale.restore(state)

    def are_weights_finite(self) -> bool:
        # Looked at there: all weights would have to come here, and to go back before the next pass.
        with self.context.gpu.residence.running():
            for call in self._squaring:
                call()
            self.context.gpu.download(self._squares, self._found)
        return bool(np.isfinite(self._found).all())

    def begin(self, rate: float, iteration: int) -> None:
        """Say what the rate and the iteration of the next update are, before they are sent."""
        self._rate = rate
        self.rule.begin(iteration)

    def apply(self, rate: float, iteration: int) -> None:
        self.begin(rate, iteration)
        with self.context.gpu.residence.running():
            for call in (*self.sending, *self.calls):
                call()
        self.weights.version += 1
