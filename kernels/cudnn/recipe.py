"""Recipe: a graph before anything of cuDNN exists, told in full by its key."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .library import frontend
from .target import Target
from .tensors import DTYPES, Tensor

# From the frontend's graph and its tensors by role, the tensors of the outputs by role.
Compose = Callable[[Any, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Recipe:
    """What goes in, what comes out, and how one is made of the other.

    `settings` are everything else that `compose` depends on.
    """

    name: str
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    compose: Compose
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def roles(self) -> tuple[str, ...]:
        """The arrays that it is bound to."""
        return (*self.inputs, *self.outputs)

    @property
    def is_float32(self) -> bool:
        """Whether all that goes in is float32: what TF32 would round."""
        return all(tensor.dtype == "float32" for tensor in self.inputs.values())

    def key(self, **more: Any) -> str:
        """The same text for the same graph, and for no other."""
        arrays = {
            role: [tensor.dtype, tensor.shape, tensor.strides]
            for role, tensor in (self.inputs | self.outputs).items()
        }
        told = {"name": self.name, "arrays": arrays, "settings": self.settings, **more}
        return json.dumps(told, sort_keys=True)

    def lower(self, target: Target) -> tuple[Any, dict[str, Any]]:
        """The frontend's graph, not yet planned, and its tensors by role."""
        cudnn = frontend()
        kinds, compute = cudnn.data_type, cudnn.data_type.FLOAT
        graph = cudnn.pygraph(
            name=self.name,
            io_data_type=compute,
            intermediate_data_type=compute,
            compute_data_type=compute,
            **target.options,
        )
        tensors = {
            role: graph.tensor(
                name=role,
                dim=list(tensor.shape),
                stride=list(tensor.strides),
                data_type=getattr(kinds, DTYPES[tensor.dtype]),
            )
            for role, tensor in self.inputs.items()
        }
        made = self.compose(graph, tensors)
        for role, tensor in self.outputs.items():
            output = made[role]
            output.set_output(True).set_data_type(getattr(kinds, DTYPES[tensor.dtype]))
            output.set_dim(list(tensor.shape)).set_stride(list(tensor.strides)).set_name(role)
        return graph, tensors | made
