"""Primitives: an operation planned for given layouts, compiled, and called with its arguments."""

from collections.abc import Mapping
from ctypes import addressof, byref, c_char_p, c_void_p
from functools import cached_property
from itertools import count
from typing import Any

from .attributes import Attributes
from .descriptors import Descriptor
from .enumerators import Argument, Query, Status
from .errors import OneDNNError, PlanningError
from .handle import Handle
from .library import library
from .memory import Memory
from .prototypes import ExecutionArgument
from .threads import stream, thread_count, use_threads

_RESULTS = {
    Argument.Y,
    Argument.MEAN,
    Argument.VARIANCE,
    Argument.WORKSPACE,
    Argument.SCRATCHPAD,
    Argument.DX,
    Argument.DFILTERS,
    Argument.DBIAS,
    Argument.DSCALE,
    Argument.DSHIFT,
}

_LABELLED = (Argument.Y, Argument.DX, Argument.DFILTERS)

# What the library lists among the arguments and then refuses to be given.
_LISTED_IN_ERROR = {("batch_normalization_backward", Argument.SHIFT)}


class PrimitiveDescriptor(Handle):
    """What the library would do for an operation: with which code, in which layouts.

    Raises PlanningError where it has nothing, or only its reference implementation, which it
    falls back to in silence and which is up to a hundred times slower.
    """

    _destroy = "primitive_desc_destroy"

    def __init__(self, operation: str, *arguments: Any, attributes: Attributes | None = None):
        use_threads(thread_count())
        self.operation = operation
        self.threads = thread_count()
        self._attributes = attributes or Attributes()
        super().__init__(f"{operation}_primitive_desc_create", *arguments, self._attributes)
        if "ref" in self.implementation:
            layouts = ", ".join(repr(a) for a in arguments if isinstance(a, Descriptor))
            raise PlanningError(
                f"oneDNN {library().version}: {operation} has only the reference "
                f"implementation ({self.implementation}) for {layouts}"
            )

    @cached_property
    def implementation(self) -> str:
        """The library's name for the code: brg:avx512_core, jit:avx2, gemm:jit ..."""
        result = c_char_p()
        library().call("primitive_desc_query", self, Query.IMPLEMENTATION, 0, byref(result))
        return (result.value or b"").decode()

    def arguments(self) -> dict[int, Descriptor]:
        """Every argument that the operation takes, with its layout."""
        found: dict[int, Descriptor] = {}
        for argument in (*Argument, *self._attributes.operands):
            if descriptor := self.descriptor(argument):
                found[argument] = descriptor
        if Argument.MANY_X in found:
            for further in count(Argument.MANY_X + 1):
                if not (descriptor := self.descriptor(further)):
                    break
                found[further] = descriptor
        return found

    def descriptor(self, argument: int) -> Descriptor | None:
        """The layout of an argument; None if the operation takes no such argument."""
        result = c_void_p()
        library().call("primitive_desc_query", self, Query.ARGUMENT, argument, byref(result))
        if not result or (self.operation, argument) in _LISTED_IN_ERROR:
            return None
        found = Descriptor.copy_of(result)
        return found if found.shape else None

    def bind(self, memories: Mapping[Any, Memory]) -> "Execution":
        """Compile it, and bind the code to its memories."""
        return Primitive(self).bind(memories)


class Primitive(Handle):
    """Compiled code, for as many threads as were set when it was planned."""

    _destroy = "primitive_destroy"

    def __init__(self, descriptor: PrimitiveDescriptor):
        use_threads(descriptor.threads)
        super().__init__("primitive_create", descriptor)
        self.descriptor = descriptor

    def bind(self, memories: Mapping[Any, Memory]) -> "Execution":
        """The call of this code with these memories, checked, and ready to be made many times.

        Scratch space is added if none is given. Raises OneDNNError for an argument that is
        missing, not taken, or laid out otherwise than planned.
        """
        bound = dict(memories)
        wanted = self.descriptor.arguments()
        if Argument.SCRATCHPAD in wanted and Argument.SCRATCHPAD not in bound:
            bound[Argument.SCRATCHPAD] = Memory(wanted[Argument.SCRATCHPAD])
        operation = self.descriptor.operation
        for argument in wanted.keys() | bound.keys():
            if argument not in bound:
                raise OneDNNError(f"{operation}: {_name(argument)} is missing")
            if argument not in wanted:
                raise OneDNNError(f"{operation}: takes no {_name(argument)}")
            if bound[argument].descriptor != wanted[argument]:
                raise OneDNNError(
                    f"{operation}: {_name(argument)} was planned as {wanted[argument]}, "
                    f"got {bound[argument].descriptor}"
                )
            if argument in _RESULTS:
                bound[argument].will_be_written()
        return Execution(self, bound)


class Execution:
    """A primitive and its memories: each call computes once, and is one call of the library."""

    def __init__(self, primitive: Primitive, memories: Mapping[Any, Memory]):
        self.primitive, self.memories = primitive, memories
        self._threads = primitive.descriptor.threads
        self._execute = library().function("primitive_execute")
        self._count_threads = library().omp_get_max_threads
        self._arguments = (ExecutionArgument * len(memories))(
            *((argument, memory._as_parameter_) for argument, memory in memories.items())
        )
        # Plain numbers: ctypes converts them fastest.
        self._call = (
            primitive._as_parameter_,
            stream(),
            len(memories),
            addressof(self._arguments),
        )

    @property
    def label(self) -> str:
        """The library's name for the code, and the layout of its result."""
        descriptor = self.primitive.descriptor
        result = next((m for a, m in self.memories.items() if a in _LABELLED), None)
        layout = f" {result.descriptor.layout}" if result else ""
        name = descriptor.operation.removesuffix("_forward")
        return f"{name} {descriptor.implementation}{layout}"

    def __call__(self) -> None:
        if self._count_threads() != self._threads:
            use_threads(self._threads)
        status = self._execute(*self._call)
        if status:
            operation = self.primitive.descriptor.operation
            raise OneDNNError(f"{operation}: {Status(status).name.lower().replace('_', ' ')}")


def _name(argument: int) -> str:
    try:
        return Argument(argument).name
    except ValueError:
        return f"argument {argument}"
