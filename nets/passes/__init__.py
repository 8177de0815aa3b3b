"""Passes: functions from the steps of a plan to better ones that compute the same.

Each can be left out: CORTADO_PASSES is a comma list of those to run, "none" runs none.
"""

import os
from collections.abc import Callable, Sequence

from ...proto import ConfigError
from ..step import Step
from .batch_normalization import fuse_batch_normalization
from .relu import fuse_relu

Pass = Callable[[list[Step]], list[Step]]

PASSES: dict[str, Pass] = {
    "batch_normalization": fuse_batch_normalization,
    "relu": fuse_relu,
}


def chosen_passes() -> Sequence[Pass]:
    """The passes to run, in order."""
    text = os.environ.get("CORTADO_PASSES", "")
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        return list(PASSES.values())
    for name in names:
        if name not in (*PASSES, "layouts", "none"):
            known = ", ".join((*PASSES, "layouts", "none"))
            raise ConfigError(f"CORTADO_PASSES: unknown pass {name!r}; a comma list of {known}")
    return [run for name, run in PASSES.items() if name in names]
