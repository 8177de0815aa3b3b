"""What goes wrong and can be put right by the person who wrote the files."""

from typing import Any


class ConfigError(ValueError):
    """A mistake in a file or an argument: says where, what was found, and what would do."""

    layer: Any = None  # which layer says so, where one does
    item: int | None = None  # which item of the batch is to blame, where one is


class ConfigWarning(UserWarning):
    """Something in a file that was ignored or mended, and that its author may want to know."""
