"""Packages that only some things need, loaded when one does."""

from importlib import import_module
from typing import Any

from ..proto import ConfigError


def load(module: str, extra: str, purpose: str) -> Any:
    """The module; ConfigError that names the extra of cortado to install where it is absent."""
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise ConfigError(
            f"{purpose} needs {package}, which is not installed: pip install 'cortado[{extra}]'"
        ) from None
