"""GpuUpdater: the update of weights on a GPU, as calls that a CUDA graph may hold."""

from typing import Any

from ..core import Array, Call
from ..core.residence import Twin
from ..kernels import gpu
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
        history = [twin.device() for twin in self._twins]
        self.calls: list[Call] = update.bind(
            weights.gpu_data, weights.gpu_diff, history, lambda: self._rate
        )

    @property
    def history(self) -> list[Array]:
        """What the rule remembers: copies, and what is written to them counts."""
        return [twin.host() for twin in self._twins]

    def begin(self, rate: float, iteration: int) -> None:
        """Send the rate and the numbers of the next update."""
        self._rate = rate
        self.rule.begin(iteration)
        self.changing.send()

    def apply(self, rate: float, iteration: int) -> None:
        residence = self.context.gpu.residence
        residence.begin()
        self.begin(rate, iteration)
        for call in self.calls:
            call()
        residence.end()
        self.weights.version += 1
