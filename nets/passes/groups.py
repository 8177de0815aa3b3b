"""Groups: sets of things that turn out, pair by pair, to belong together."""

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Groups(Generic[T]):
    """Each thing is in a group of its own until it is joined with others."""

    def __init__(self):
        self._parents: dict[T, T] = {}

    def of(self, thing: T) -> T:
        """The one that stands for all of its group."""
        thing = self._parents.setdefault(thing, thing)
        while self._parents[thing] != thing:
            thing = self._parents[thing]
        return thing

    def join(self, things: Sequence[T]) -> None:
        """Make the groups of these one."""
        for thing in things[1:]:
            self._parents[self.of(thing)] = self.of(things[0])
