"""Staged: an operation on the caller's arrays, reordered on the way in and out where needed."""

from collections.abc import Collection, Mapping
from typing import Any

from ...core.calls import Calls
from .attributes import AddToResult, Attributes
from .descriptors import Descriptor
from .enumerators import Argument
from .memory import Memory
from .operations import reorder
from .primitive import PrimitiveDescriptor
from .workspace import Places, Workspace

RESULTS = {Argument.Y, Argument.DX, Argument.DFILTERS, Argument.DBIAS}


class Staged:
    """A planned operation on arrays of the caller's layouts, given by argument in `outside`.

    Copies in the layouts of the operation, and its scratch space, lie in the workspace. `kept`
    are memories of arguments that never leave the library. What `adds` names is added to, not
    written; what `updates` names is a result that the operation reads first. `constant` names
    inputs that seldom change: their copies are kept, and made only by the calls that come on new
    weights. `results` are written, all else is read.
    """

    def __init__(
        self,
        operation: PrimitiveDescriptor,
        outside: Mapping[Argument, Descriptor],
        workspace: Workspace,
        *,
        kept: Mapping[Any, Memory] | None = None,
        adds: Collection[Argument] = (),
        updates: Collection[Argument] = (),
        constant: Collection[Argument] = (),
        results: Collection[Argument] = RESULTS,
    ):
        self.memories: dict[Any, Memory] = dict(kept or {})
        self._arrays = {argument: Memory(given) for argument, given in outside.items()}
        before, after, on_new_weights = [], [], []
        wanted, places = operation.arguments(), Places(workspace)
        for argument, array in self._arrays.items():
            layout = wanted[argument]
            if layout == array.descriptor and argument not in adds:
                self.memories[argument] = array
                continue
            if argument not in self.memories:
                own = argument in constant
                self.memories[argument] = Memory(layout) if own else places.memory(layout)
            inside = self.memories[argument]
            if argument in updates:
                before.append(_reordering(array, inside))
            if argument in results:
                after.append(_reordering(inside, array, adding=argument in adds))
            else:
                staged = on_new_weights if argument in constant else before
                staged.append(_reordering(array, inside))
        if Argument.SCRATCHPAD in wanted:
            self.memories[Argument.SCRATCHPAD] = places.memory(wanted[Argument.SCRATCHPAD])
        self.calls = Calls([*before, operation.bind(self.memories), *after], on_new_weights)

    def hold(self, **arrays: Any) -> "Staged":
        """Work on these arrays from now on, named as the arguments in small letters."""
        for name, array in arrays.items():
            self._arrays[Argument[name.upper()]].hold(array)
        return self

    def __call__(self, **arrays: Any) -> None:
        self.hold(**arrays)
        for call in self.calls.all:
            call()


def _reordering(source: Memory, target: Memory, adding: bool = False):
    attributes = Attributes([AddToResult()] if adding else [])
    operation = reorder.forward(source.descriptor, target.descriptor, attributes)
    return operation.bind({Argument.X: source, Argument.Y: target})
