"""The training step: one iteration as one object, with room for others between its parts."""

from collections.abc import Callable
from typing import Any, SupportsFloat

from ..nets import Net
from .updater import Updater

Hook = Callable[[], None]


class TrainingStep:
    """Forward and backward iter_size times, then the update.

    on_start             hooks that run before the first forward
    on_gradients_ready   hooks that run when net.weights.diff holds the summed gradients, before
                         the update: where gradients of several processes are put together
    """

    def __init__(self, param: Any, net: Net, updater: Updater):
        self.param = param
        self.net = net
        self.updater = updater
        self.rate, self.iteration = 0.0, 0
        self.on_start: list[Hook] = []
        self.on_gradients_ready: list[Hook] = []

    def begin(self, rate: float, iteration: int) -> None:
        """Say which iteration comes, and the rate of its update."""
        self.rate, self.iteration = rate, iteration

    def gradients(self) -> SupportsFloat:
        """Compute the summed gradients of one iteration; returns the mean loss."""
        if self.on_start:
            self.net.clear_diffs()  # for hooks that look
        for hook in self.on_start:
            hook()
        loss = 0.0
        for batch in range(self.param.iter_size):
            loss += self.net.forward()
            self.net.backward(adds=batch > 0)
        for hook in self.on_gradients_ready:
            hook()
        return loss / self.param.iter_size

    def update(self) -> None:
        """Move the weights by the gradients."""
        self.updater.apply(self.rate, self.iteration)
