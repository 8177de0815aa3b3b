"""Caffe's files: the schema, prototxt text, upgrades of old nets, weights, states and means."""

from importlib import import_module

_PUBLIC = {
    "ConfigError": "errors",
    "ConfigWarning": "errors",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str):
    """Import a public name on first use: errors alone load neither protobuf nor numpy."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PUBLIC[name]}", __name__), name)
