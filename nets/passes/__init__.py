"""Passes: functions from the steps of a plan to better ones that compute the same.

Each can be left out: CORTADO_PASSES is a comma list of those to run, "none" runs none. Some work
on what is left when the others are done: "layouts" chooses how blobs lie in memory, "gradients"
lets sums share theirs, "memory" lets blobs give their places to others.
"""

import os
from collections.abc import Callable, Sequence

from ...proto import ConfigError
from ..step import Step, Terms
from .batch_normalization import fuse_batch_normalization
from .concatenation import read_parts
from .folding import fold_batch_normalization
from .relu import fuse_relu
from .residual import fuse_residual_sums

LATER = ("layouts", "gradients", "memory")

Pass = Callable[[list[Step], Terms], list[Step]]

PASSES: dict[str, Pass] = {
    "folding": fold_batch_normalization,
    "batch_normalization": fuse_batch_normalization,
    "relu": fuse_relu,
    "residual": fuse_residual_sums,
    "concatenation": read_parts,
}

GPU_PASSES = ("batch_normalization", "relu")


def chosen_passes(on_gpu: bool = False) -> Sequence[Pass]:
    """The passes over steps to run, in order; on a GPU, those whose results have kernels there."""
    names = GPU_PASSES if on_gpu else tuple(PASSES)
    return [PASSES[name] for name in names if is_chosen(name)]


def is_chosen(name: str) -> bool:
    """Whether the pass of this name is to run."""
    text = os.environ.get("CORTADO_PASSES", "")
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = (*PASSES, *LATER, "none")
    for unknown in sorted(set(names) - set(known)):
        raise ConfigError(
            f"CORTADO_PASSES: unknown pass {unknown!r}; a comma list of {', '.join(known)}"
        )
    return not names or name in names
