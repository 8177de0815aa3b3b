"""The packages of cuDNN: the frontend, which builds graphs, and the library that it drives.

They are `nvidia-cudnn-frontend` and `nvidia-cudnn-cu13`, both in the extra `gpu`. The frontend from
1.28 on asks for packages that weigh more than all the rest, so the extra stays below it. Nothing is
loaded before the first use.
"""

from functools import cache
from importlib import import_module
from typing import Any

from .errors import PlanningError

OLDEST_FRONTEND = (1, 18)  # what graph building was verified with
OLDEST_LIBRARY = 90800  # 9.8: the first that plans for a described device

_INSTALL = "pip install 'cortado[gpu]'"


@cache
def frontend() -> Any:
    """The module `cudnn`, loaded at the first call. Raises PlanningError, with the reason."""
    try:
        cudnn: Any = import_module("cudnn")
    except ImportError as problem:
        raise PlanningError(
            f"cuDNN: the package nvidia-cudnn-frontend cannot be imported ({problem}); {_INSTALL}"
        ) from problem
    version = tuple(int(part) for part in cudnn.__version__.split(".")[:2])
    if version < OLDEST_FRONTEND:
        raise PlanningError(
            f"cuDNN: nvidia-cudnn-frontend is {cudnn.__version__}, older than "
            f"{'.'.join(map(str, OLDEST_FRONTEND))}; {_INSTALL}"
        )
    try:
        number = cudnn.backend_version()
    except RuntimeError as problem:
        raise PlanningError(
            f"cuDNN: the library libcudnn cannot be loaded ({problem}); {_INSTALL}"
        ) from problem
    if number < OLDEST_LIBRARY:
        raise PlanningError(
            f"cuDNN: libcudnn is {_written(number)}, older than {_written(OLDEST_LIBRARY)}; "
            f"{_INSTALL}"
        )
    return cudnn


def why_missing() -> str | None:
    """Why there is no cuDNN here; None if there is. A device is not asked for."""
    try:
        frontend()
    except PlanningError as problem:
        return str(problem)
    return None


def version() -> str:
    """The version of the library, such as 9.28.1; plans are kept by it."""
    return _written(frontend().backend_version())


def _written(number: int) -> str:
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"
