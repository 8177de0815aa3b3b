"""Staged: an operation on the caller's arrays, reordered on the way in and out where needed."""

from collections.abc import Iterable, Mapping
from typing import Any

from .attributes import AddToResult, Attributes
from .descriptors import Descriptor
from .enumerators import Argument
from .memory import Memory, buffer
from .operations import reorder
from .primitive import PrimitiveDescriptor

# Which of the spaces an argument lies in.
_SPACES: dict[int, Argument] = {
    Argument.X: Argument.X,
    Argument.DX: Argument.X,
    Argument.Y: Argument.Y,
    Argument.DY: Argument.Y,
    Argument.FILTERS: Argument.FILTERS,
    Argument.DFILTERS: Argument.FILTERS,
    Argument.SCRATCHPAD: Argument.SCRATCHPAD,
}


class Spaces:
    """Memory for the copies and the scratch space of operations that never run at once.

    A gradient lies where its array does in another operation.
    """

    def __init__(self, operations: Iterable[PrimitiveDescriptor]):
        sizes = dict.fromkeys(_SPACES.values(), 0)
        for operation in operations:
            for argument, descriptor in operation.arguments().items():
                if space := _SPACES.get(argument):
                    sizes[space] = max(sizes[space], descriptor.bytes)
        self._spaces = {space: buffer(size) for space, size in sizes.items()}

    def memory(self, argument: int, descriptor: Descriptor) -> Memory:
        """The place for this argument."""
        return Memory(descriptor, self._spaces[_SPACES[argument]])


class Staged:
    """Calls a planned operation with arrays: the inputs, then the results, in the order given.

    Inputs and results map arguments to the layouts that the caller's arrays have. `kept` are
    memories of arguments that never leave the library. What `adds` names is added to.
    """

    def __init__(
        self,
        operation: PrimitiveDescriptor,
        spaces: Spaces,
        inputs: Mapping[Argument, Descriptor],
        results: Mapping[Argument, Descriptor],
        kept: Mapping[Any, Memory] | None = None,
        adds: Argument | None = None,
    ):
        self.memories: dict[Any, Memory] = dict(kept or {})
        self._arrays = [Memory(given) for given in (*inputs.values(), *results.values())]
        self._before, self._after = [], []
        wanted = operation.arguments()
        for argument, outside in zip((*inputs, *results), self._arrays, strict=True):
            layout = wanted[argument]
            if layout == outside.descriptor and argument != adds:
                self.memories[argument] = outside
                continue
            if argument not in self.memories:
                self.memories[argument] = spaces.memory(argument, layout)
            inside = self.memories[argument]
            if argument in inputs:
                self._before.append(_reordering(outside, inside))
            else:
                self._after.append(_reordering(inside, outside, adding=argument == adds))
        if Argument.SCRATCHPAD in wanted:
            scratch = Argument.SCRATCHPAD
            self.memories[scratch] = spaces.memory(scratch, wanted[scratch])
        self._compute = operation.bind(self.memories)

    def __call__(self, *arrays: Any) -> None:
        for memory, array in zip(self._arrays, arrays, strict=True):
            memory.hold(array)
        for execution in self._before:
            execution()
        self._compute()
        for execution in self._after:
            execution()


def _reordering(source: Memory, target: Memory, adding: bool = False):
    attributes = Attributes([AddToResult()] if adding else [])
    operation = reorder.forward(source.descriptor, target.descriptor, attributes)
    return operation.bind({Argument.X: source, Argument.Y: target})
