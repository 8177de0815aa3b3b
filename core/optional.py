"""Packages that only some things need, loaded when one does."""

from importlib import import_module
from typing import Any

from ..proto import ConfigError


def load(module: str, extra: str, purpose: str) -> Any:
    """The module; ConfigError that names the extra of cortado to install where it is absent."""
    package = module.partition(".")[0]
    remedy = f"pip install 'cortado[{extra}]'"
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] == package:
            raise ConfigError(
                f"{purpose} needs {package}, which is not installed: {remedy}"
            ) from None
        problem: ImportError = missing
    except ImportError as found:
        problem = found
    # Installed, but without what it needs: a library of CUDA, say.
    raise ConfigError(
        f"{purpose} needs {package}, which cannot be imported: {problem}; {remedy} brings what it "
        "was tested with"
    ) from None
