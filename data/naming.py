"""naming: whose problem it is, written before the problem."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..proto import ConfigError


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Begin the message of every ConfigError raised inside with what it is about."""
    try:
        yield
    except ConfigError as problem:
        raise ConfigError(f"{what}: {problem}") from None
