"""The progress bar of a training run: loss, rate and time left, on a terminal only."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import SupportsFloat

from ..solvers import Solver

_FORMAT = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{remaining} left, {rate_fmt}{postfix}]"
_INTERVAL = 0.1  # seconds: as often as the bar is drawn


@contextmanager
def training_progress(solver: Solver) -> Iterator[None]:
    """Show the solver's progress below the log, for as long as this lasts."""
    if not sys.stderr.isatty():
        yield
        return
    from tqdm import tqdm

    bar = tqdm(
        total=solver.param.max_iter,
        initial=solver.iteration,
        unit="it",
        file=sys.stderr,
        dynamic_ncols=True,
        leave=False,
        bar_format=_FORMAT,
    )

    also, looked = solver.on_iteration, 0.0

    def show(iteration: int, loss: SupportsFloat, rate: float) -> None:
        nonlocal looked
        now = time.monotonic()
        if now - looked >= _INTERVAL:  # to look at the loss is to wait for a GPU
            looked = now
            bar.set_postfix_str(f"loss {float(loss):.4g}, rate {rate:.3g}", refresh=False)
        bar.update(iteration - bar.n)
        if also:
            also(iteration, loss, rate)

    solver.on_iteration = show
    try:
        yield
    finally:
        solver.on_iteration = also
        bar.close()
