"""Which libraries the kernels may use: CORTADO_KERNELS, a comma list such as "onednn,numba".

Unset, all of them; "numpy" alone leaves the kernels in NumPy, which every operation has. "cudnn"
is for GPUs: where it is left out, they run CUDA code of our own alone.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from ..proto import ConfigError
from .plain_copies import PlainCopies

LIBRARIES = ("cudnn", "onednn", "numba", "numpy")

_override: frozenset[str] | None = None


def allowed(library: str) -> bool:
    """Whether kernels may use a library; ConfigError if CORTADO_KERNELS is wrong."""
    return library in (_from_environment() if _override is None else _override)


@contextmanager
def only(*libraries: str) -> Iterator[None]:
    """For tests: kernels prepared inside use these libraries, whatever CORTADO_KERNELS says."""
    global _override
    before, _override = _override, frozenset(libraries)
    try:
        yield
    finally:
        _override = before


def onednn_first(prepare: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a factory: oneDNN's factory of that name is asked first, and may decline.

    `channels_last` tells which of x and y, or whether both, are; `workspace` is what the kernels
    of a net share, from kernels.new_workspace(), or None. The factory itself knows neither.
    """

    @wraps(prepare)
    def choose(
        *geometry: Any,
        channels_last: tuple[bool, bool] = (False, False),
        workspace: Any = None,
        **options: Any,
    ) -> Any:
        if allowed("onednn"):
            from . import onednn

            try:
                return getattr(onednn, prepare.__name__)(
                    *geometry, channels_last=channels_last, workspace=workspace, **options
                )
            except (onednn.PlanningError, onednn.OneDNNError):
                pass  # of geometries out of its range it says no more than "invalid arguments"
        kernel = prepare(*geometry, **options)
        return PlainCopies(kernel) if kernel is not None and any(channels_last) else kernel

    return choose


def _from_environment() -> frozenset[str]:
    names = os.environ.get("CORTADO_KERNELS", "")
    libraries = frozenset(name.strip() for name in names.split(",") if name.strip())
    for unknown in sorted(libraries.difference(LIBRARIES)):
        raise ConfigError(
            f"CORTADO_KERNELS: unknown library {unknown!r}; "
            f"a comma list of {', '.join(LIBRARIES)} is allowed"
        )
    return libraries or frozenset(LIBRARIES)
