"""Old solver files brought up to date, as Caffe does on reading them."""

from pathlib import Path

from .caffe_pb2 import SolverParameter
from .errors import ConfigError

_TYPES = {
    SolverParameter.SGD: "SGD",
    SolverParameter.NESTEROV: "Nesterov",
    SolverParameter.ADAGRAD: "AdaGrad",
    SolverParameter.RMSPROP: "RMSProp",
    SolverParameter.ADADELTA: "AdaDelta",
    SolverParameter.ADAM: "Adam",
}


def upgrade_solver(solver: SolverParameter, source: str = "solver") -> None:
    """solver_type: ADAM becomes type: "Adam", in place; both at once are a ConfigError."""
    if not solver.HasField("solver_type"):
        return
    if solver.HasField("type"):
        raise ConfigError(
            f"{source}: both solver_type ({_TYPES[solver.solver_type]}) and type "
            f"({solver.type!r}) are given; keep type"
        )
    solver.type = _TYPES[solver.solver_type]
    solver.ClearField("solver_type")


def complete_snapshot_prefix(solver: SolverParameter, path: Path) -> None:
    """Snapshots are named after the solver file where the prefix is missing or a folder."""
    if not solver.HasField("snapshot_prefix"):
        solver.snapshot_prefix = str(path.with_suffix(""))
    elif Path(solver.snapshot_prefix).is_dir():
        solver.snapshot_prefix = str(Path(solver.snapshot_prefix, path.stem))
