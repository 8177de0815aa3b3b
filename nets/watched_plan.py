"""WatchedPlan: somebody is called before and after each layer that runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from .plan import Plan
from .weights import Weights

if TYPE_CHECKING:
    from .debug_info import LoggedPlan

Watcher = Callable[[int], None]


class Watchers:
    """What is called around each layer of a pass, with the layer's number, in the order added."""

    def __init__(self) -> None:
        self.before_forward: list[Watcher] = []
        self.after_forward: list[Watcher] = []
        self.before_backward: list[Watcher] = []
        self.after_backward: list[Watcher] = []

    def __bool__(self) -> bool:
        return any(vars(self).values())


class WatchedPlan:
    """Runs a plan layer by layer, as its parts run, and calls the watchers.

    In a backward pass they are called also for layers that need none, as Caffe does.
    """

    def __init__(self, plan: "Plan | LoggedPlan", watchers: Watchers, weights: Weights):
        self._plan, self._watchers, self._weights = plan, watchers, weights

    def forward(self, start: int, end: int) -> float:
        """Run layers start to end, both included; returns their weighted loss."""
        loss = 0.0
        for i in range(start, end + 1):
            _call(self._watchers.before_forward, i)
            loss += self._plan.forward(i, i)
            _call(self._watchers.after_forward, i)
        return loss

    def backward(self, start: int, end: int, adds: bool) -> None:
        """Run the layers from start down to end, both included, that need it, backward."""
        if not adds:
            self._weights.clear_diffs()
        for i in range(start, end - 1, -1):
            _call(self._watchers.before_backward, i)
            self._plan.backward(i, i, adds=True)
            _call(self._watchers.after_backward, i)


def _call(watchers: list[Watcher], layer: int) -> None:
    for watcher in watchers:
        watcher(layer)
