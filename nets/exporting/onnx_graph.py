"""OnnxGraph: an ONNX graph while it is written, value by value."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...core import Shape
from ...core.optional import load
from ...proto import ConfigError

# Old enough for OpenCV 5, TensorRT 8.6 and OpenVINO 2023, and everything that Caffe's layers need.
OPSET = 18
_IR_VERSION = 8  # the one that came with this opset
_MOST = 2**31 - 2**24  # bytes of all constants: no protobuf message is larger than 2 GiB
_SMALL = 1024  # bytes; larger constants are compared by where they lie


class OnnxGraph:
    """Nodes and constants with unique names; values are known by theirs.

    reserved  names that no value made on the way may take: those that blobs get at the end
    """

    def __init__(self, reserved: Collection[str] = ()):
        self._onnx = load("onnx", "onnx", "exporting to ONNX")
        self._taken = set(reserved)
        self._inputs: list[Any] = []
        self._nodes: list[Any] = []
        self._constants: dict[str, np.ndarray] = {}
        self._known: dict[tuple, str] = {}  # constants by what makes them equal
        self._bytes = 0
        self.made: set[str] = set()  # the outputs of nodes
        self.new_names: dict[str, str] = {}

    def add_input(self, name: str, shape: Sequence[int | str]) -> str:
        """A float32 input; letters in the shape stand for sizes that may vary."""
        self._taken.add(name)
        self._inputs.append(self._description(name, shape))
        return name

    def node(
        self, operator: str, inputs: Sequence[str], count: int, name: str, **attributes: Any
    ) -> list[str]:
        """The names of the `count` outputs of a new node, which is called after `name`."""
        label = self._unused(f"{name}/{operator}")
        outputs = [label] + [self._unused(f"{label}:{i}") for i in range(1, count)]
        make = self._onnx.helper.make_node
        self._nodes.append(make(operator, list(inputs), outputs, name=label, **attributes))
        self.made.update(outputs)
        return outputs

    def constant(self, array: np.ndarray, name: str) -> str:
        """The name of a constant; the same memory, of the same shape, is written once."""
        array = np.asarray(array)
        key = array.shape, array.dtype.str, array.strides, array.__array_interface__["data"][0]
        if array.nbytes <= _SMALL:
            key = array.shape, array.dtype.str, array.tobytes(), 0
        if key not in self._known:
            self._bytes += array.nbytes
            if self._bytes > _MOST:
                raise ConfigError(
                    f"{name}: with it the model has more than {_MOST / 2**30:.2f} GiB of weights; "
                    "an ONNX file holds no more"
                )
            self._known[key] = self._unused(name)
            self._constants[self._known[key]] = array
        return self._known[key]

    def name_values(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Give what nodes made other names, pairs (value, name), first come, first served."""
        new: dict[str, str] = {}
        used = {*self.made, *(description.name for description in self._inputs)}
        for value, name in wanted:
            if value in self.made and value not in new and name not in used:
                new[value] = name
                used.add(name)
        for node in self._nodes:
            node.input[:] = [new.get(value, value) for value in node.input]
            node.output[:] = [new.get(value, value) for value in node.output]
        self.made = {new.get(value, value) for value in self.made}
        self.new_names = new

    def model(
        self, name: str, outputs: Mapping[str, tuple[str, Sequence[int | str]]], **facts: Any
    ) -> Any:
        """The ModelProto. outputs: by name, the value and its shape."""
        helper, model = self._onnx.helper, self._onnx.ModelProto(ir_version=_IR_VERSION, **facts)
        model.opset_import.append(helper.make_opsetid("", OPSET))
        model.graph.name = name
        model.graph.input.extend(self._inputs)
        for output, (value, shape) in outputs.items():
            if value != output:
                self._nodes.append(helper.make_node("Identity", [value], [output], name=output))
            model.graph.output.append(self._description(output, shape))
        read = self._write_nodes(model, set(outputs))
        for label, array in self._constants.items():
            if label in read:
                kind = helper.np_dtype_to_tensor_dtype(array.dtype)
                constant = model.graph.initializer.add(name=label, dims=array.shape, data_type=kind)
                constant.raw_data = array.tobytes()
        return model

    def _write_nodes(self, model: Any, wanted: set[str]) -> set[str]:
        """Write the nodes that the wanted values need; returns all values that are read then."""
        kept = []
        for node in reversed(self._nodes):
            if wanted.intersection(node.output):
                kept.append(node)
                wanted.update(node.input)
        model.graph.node.extend(kept[::-1])
        return wanted

    def _description(self, name: str, shape: Sequence[int | str]) -> Any:
        kind = self._onnx.TensorProto.FLOAT
        return self._onnx.helper.make_tensor_value_info(name, kind, shape)

    def _unused(self, name: str) -> str:
        candidate, i = name, 1
        while candidate in self._taken:
            i += 1
            candidate = f"{name}_{i}"
        self._taken.add(candidate)
        return candidate


def symbolic(shape: Shape, batch: int | None) -> list[int | str]:
    """A shape with letters where its sizes follow that of the batch: N, or 4N for four times."""
    if not batch:
        return list(shape)
    return [
        size if size % batch or not size else "N" if size == batch else f"{size // batch}N"
        for size in shape
    ]
