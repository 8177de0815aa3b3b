"""Testing a detector: the mean average precision of what it found over some batches."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import log
from ..nets import Net
from ..proto import ConfigError
from .average_precision import average_precision, check_version
from .testing import Interrupted, Scores

EVALUATIONS = ("classification", "detection")


def check_evaluation(param: Any) -> None:
    """Raise ConfigError unless a solver's eval_type and ap_version are known."""
    check_version(param.ap_version, "solver: ap_version")
    if param.eval_type not in EVALUATIONS:
        raise ConfigError(
            f"solver: eval_type: {param.eval_type!r} is none of {', '.join(EVALUATIONS)}"
        )


def is_detector(net: Net) -> bool:
    """Whether all a net gives are tops of DetectionEvaluate layers."""
    outputs = set(net.outputs)
    makers = {layer.type for layer in net.layers if outputs & set(layer.param.top)}
    return makers == {"DetectionEvaluate"}


def check_outputs(net: Net) -> None:
    """Raise ConfigError unless all a net gives are tops of DetectionEvaluate layers."""
    for name in net.outputs:
        if net.blobs[name].shape[-1:] != (5,):
            raise ConfigError(
                f'solver: eval_type: "detection" tests nets whose outputs are tops of '
                f"DetectionEvaluate, (1, 1, n, 5), but {name!r} is an output of shape "
                f"{net.blobs[name].shape}; if nothing else needs it, give it to a Silence layer"
            )


class Evaluation:
    """Collects the rows of one DetectionEvaluate top, batch by batch."""

    def __init__(self):
        self._objects: dict[int, int] = {}
        self._rows: list[np.ndarray] = []

    def add(self, rows: np.ndarray) -> None:
        """Take in what one batch gave, (1, 1, n, 5)."""
        rows = rows.reshape(-1, 5)
        is_count = rows[:, 0] == -1
        for label, count in rows[is_count, 1:3].astype(int).tolist():
            self._objects[label] = self._objects.get(label, 0) + count
        # Neither right nor wrong: on a difficult object that is not to be counted.
        judged = ~is_count & (rows[:, 3:] != 0).any(axis=1)
        self._rows.append(rows[judged])

    def by_class(self, version: str) -> dict[int, float]:
        """The average precision of each class."""
        rows = np.concatenate([np.empty((0, 5)), *self._rows])
        precisions = {}
        for label, count in sorted(self._objects.items()):
            mine = rows[rows[:, 1] == label]
            precisions[label] = average_precision(mine[:, 2], mine[:, 3] != 0, count, version)
        return precisions


def evaluate(
    net: Net, batches: int, keep_going: Callable[[], bool] = lambda: True
) -> tuple[dict[str, Evaluation], float]:
    """What every output says over `batches` forward passes, by name, and the mean loss.

    keep_going is asked before each batch; Interrupted is raised when it says no.
    """
    found = {name: Evaluation() for name in net.outputs}
    loss = np.float32(0)
    for _ in range(batches):
        if not keep_going():
            raise Interrupted
        loss += np.float32(net.forward())
        for name, evaluation in found.items():
            evaluation.add(net.blobs[name].data)
    return found, float(loss / np.float32(max(batches, 1)))


def test_detector(
    net: Net,
    number: int,
    iteration: int,
    batches: int,
    param: Any,
    keep_going: Callable[[], bool],
) -> Scores:
    """Run test net `number` and log the mean average precision of each output; returns them.

    param is the solver's: ap_version, show_per_class_result, test_compute_loss.
    """
    log.info("solver.cpp:433", f"Iteration {iteration}, Testing net (#{number})")
    check_outputs(net)
    found, loss = evaluate(net, batches, keep_going)
    if param.test_compute_loss:
        log.info("solver.cpp:498", f"Test loss: {loss:g}")
    scores = []
    for i, (name, evaluation) in enumerate(found.items()):
        precisions = evaluation.by_class(param.ap_version)
        if param.show_per_class_result:
            for label, precision in precisions.items():
                log.info("solver.cpp:540", f"class{label}: {precision:g}")
        mean = float(np.mean(list(precisions.values())))
        log.info("solver.cpp:546", f"    Test net output #{i}: {name} = {mean:g}")
        scores.append((name, mean))
    return scores
