"""Which libraries the kernels may use: CORTADO_KERNELS, a comma list such as "onednn,numba".

Unset, all of them; "numpy" alone leaves the kernels in NumPy, which every operation has.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..proto import ConfigError

LIBRARIES = ("onednn", "numba", "numpy")

_override: frozenset[str] | None = None


def allowed(library: str) -> bool:
    """Whether kernels may use "onednn" or "numba"; ConfigError if CORTADO_KERNELS is wrong."""
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


def _from_environment() -> frozenset[str]:
    names = os.environ.get("CORTADO_KERNELS", "")
    libraries = frozenset(name.strip() for name in names.split(",") if name.strip())
    for unknown in sorted(libraries.difference(LIBRARIES)):
        raise ConfigError(
            f"CORTADO_KERNELS: unknown library {unknown!r}; "
            f"a comma list of {', '.join(LIBRARIES)} is allowed"
        )
    return libraries or frozenset(LIBRARIES)
