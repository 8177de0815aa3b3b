"""How long each layer of a net takes while it trains: caffe train -timing."""

from time import perf_counter
from typing import TYPE_CHECKING

from ..core import log

if TYPE_CHECKING:
    from ..solvers import Solver


class LayerTiming:
    """Writes a table into the log of every iteration that is displayed: milliseconds by layer.

    Every layer then runs on its own, so that the times are those of the layers of the prototxt;
    the whole takes longer than without.
    """

    def __init__(self, solver: "Solver"):
        net = solver.net
        self._solver = solver
        self._names = net.layer_names
        self._began = self._step_began = 0.0
        self._forward = [0.0] * len(self._names)
        self._backward = [0.0] * len(self._names)
        net.watchers.before_forward.append(self._begin)
        net.watchers.after_forward.append(self._end_forward)
        net.watchers.before_backward.append(self._begin)
        net.watchers.after_backward.append(self._end_backward)
        solver.step_parts.on_start.append(self._begin_step)
        solver.step_parts.on_gradients_ready.append(self._show)

    def _begin(self, _: int) -> None:
        self._began = perf_counter()

    def _end_forward(self, layer: int) -> None:
        self._forward[layer] += perf_counter() - self._began

    def _end_backward(self, layer: int) -> None:
        self._backward[layer] += perf_counter() - self._began

    def _begin_step(self) -> None:
        self._step_began = perf_counter()
        self._forward = [0.0] * len(self._names)
        self._backward = [0.0] * len(self._names)

    def _show(self) -> None:
        if self._solver.iteration % (self._solver.param.display or 1):
            return
        total = perf_counter() - self._step_began
        lines = [
            _line("forw", i, self._names[i], seconds) for i, seconds in enumerate(self._forward)
        ]
        lines += [
            _line("back", i, self._names[i], seconds) for i, seconds in enumerate(self._backward)
        ][::-1]
        log.info("train.py:50", "\n".join(["", *lines, f"solver total: {1e3 * total:.2f}"]))


def _line(way: str, number: int, name: str, seconds: float) -> str:
    return f"{way} {number:3d} {name:>8} : {1e3 * seconds:.2f}"
