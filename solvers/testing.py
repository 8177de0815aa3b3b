"""Testing: the mean of every output of a net over some batches."""

from collections.abc import Callable

import numpy as np

from ..core import log
from ..nets import Net
from ..proto import ConfigError
from .narration import output_lines, outputs

Scores = list[tuple[str, float]]  # (blob, value) for every number of every output


class Interrupted(Exception):
    """A test was stopped before its last batch."""


def mean_outputs(
    net: Net,
    batches: int,
    keep_going: Callable[[], bool] = lambda: True,
    on_batch: Callable[[int, Scores], None] = lambda number, scores: None,
) -> tuple[Scores, float]:
    """The mean of every output number, and the mean loss, over `batches` forward passes.

    Sums are float32, as Caffe's, so that the digits are too. keep_going is asked before each
    batch; Interrupted is raised when it says no. on_batch gets the scores of each batch.
    """
    sums: np.ndarray | None = None
    names: list[str] = []
    loss = np.float32(0)
    for batch in range(batches):
        if not keep_going():
            raise Interrupted
        loss += np.float32(net.forward())
        scores = outputs(net)
        on_batch(batch, scores)
        values = np.array([value for _, value in scores], np.float32)
        if sums is None:
            names, sums = [name for name, _ in scores], values
        elif len(sums) != len(values):
            raise ConfigError(
                f"batch {batch} gave {len(values)} output numbers and the first {len(sums)}: they "
                'have no mean. A detector is tested by a solver with eval_type: "detection"'
            )
        else:
            sums += values
    means = [] if sums is None else (sums / np.float32(batches)).tolist()
    return list(zip(names, means, strict=True)), float(loss / np.float32(max(batches, 1)))


def test_net(
    net: Net, number: int, iteration: int, batches: int, show_loss: bool, keep_going: Callable
) -> Scores:
    """Run test net `number` and log its mean outputs; returns them."""
    log.info("solver.cpp:347", f"Iteration {iteration}, Testing net (#{number})")
    scores, loss = mean_outputs(net, batches, keep_going)
    if show_loss:
        log.info("solver.cpp:399", f"Test loss: {loss:g}")
    for line in output_lines("Test", net, scores):
        log.info("solver.cpp:414", line)
    return scores
