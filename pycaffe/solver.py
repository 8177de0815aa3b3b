"""caffe.SGDSolver and its five sisters: a solver by the names pycaffe gives things."""

from collections.abc import Callable
from pathlib import Path

from cortado.proto import read_solver
from cortado.proto.caffe_pb2 import SolverParameter
from cortado.solvers import Solver

from . import mode
from .net import Net
from .notebook import solver_html


class _Solver:
    """Solver(solver_file): net, test_nets, iter; step(n), solve(), snapshot(), restore(file)."""

    _type = ""

    def __init__(self, solver_file: str | Path):
        if not Path(solver_file).is_file():
            raise RuntimeError(f"Could not open file {solver_file}")
        param = read_solver(solver_file)
        if self._type:
            param.type = self._type
        self._wrap(param)

    def _wrap(self, param: SolverParameter) -> None:
        if param.random_seed < 0 and mode.seed() is not None:
            param.random_seed = mode.seed() or 0
        self._solver = Solver(param, mode.device())
        self.param = param
        self.net = Net.of(self._solver.net)
        self.test_nets = [Net.of(net) for net in self._solver.test_nets]

    def _repr_html_(self) -> str:
        return solver_html(self)

    @property
    def iter(self) -> int:
        """How many updates there were."""
        return self._solver.iteration

    @property
    def lr(self) -> float:
        """The learning rate of the present iteration."""
        return self._solver.rate

    def step(self, iterations: int) -> None:
        """Train for some iterations more."""
        self._solver.step(iterations)

    def solve(self, resume_file: str | Path | None = None) -> None:
        """Train up to max_iter, from the beginning or from a solver state."""
        self._solver.solve(resume_file)

    def snapshot(self) -> None:
        """Save weights and state."""
        self._solver.snapshot()

    def restore(self, state_file: str | Path) -> None:
        """Go on from a solver state."""
        self._solver.restore(state_file)

    def apply_update(self) -> None:
        """Move the weights by the diffs they have now, as step does after a backward pass."""
        self._solver.step_parts.begin(self._solver.rate, self._solver.iteration)
        self._solver.step_parts.update()
        self._solver.iteration += 1

    def add_callback(
        self, on_start: Callable[[], None], on_gradients_ready: Callable[[], None]
    ) -> None:
        """Call these in every iteration: before its first forward, and before its update."""
        self._solver.step_parts.on_start.append(on_start)
        self._solver.step_parts.on_gradients_ready.append(on_gradients_ready)

    def share_weights(self, net: Net) -> None:
        """Let another net use the weights that are trained here."""
        net.share_with(self.net)


class SGDSolver(_Solver):
    """Stochastic gradient descent, whatever type the file names."""

    _type = "SGD"


class NesterovSolver(_Solver):
    """Nesterov's momentum, whatever type the file names."""

    _type = "Nesterov"


class AdaGradSolver(_Solver):
    """AdaGrad, whatever type the file names."""

    _type = "AdaGrad"


class RMSPropSolver(_Solver):
    """RMSProp, whatever type the file names."""

    _type = "RMSProp"


class AdaDeltaSolver(_Solver):
    """AdaDelta, whatever type the file names."""

    _type = "AdaDelta"


class AdamSolver(_Solver):
    """Adam, whatever type the file names."""

    _type = "Adam"


_BY_TYPE = {cls._type: cls for cls in _Solver.__subclasses__()}


def get_solver(solver_file: str | Path) -> _Solver:
    """The solver that the file's type names."""
    return _BY_TYPE.get(read_solver(solver_file).type, _Solver)(solver_file)
