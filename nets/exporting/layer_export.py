"""LayerExport: what a function that writes one layer as ONNX nodes is given."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core import Blob, Shape
from ...layers import create_layer
from ...proto import ConfigError
from .onnx_graph import OnnxGraph


class LayerExport:
    """One layer, the values that its bottoms are, and the means to write nodes.

    layer          set up; layer.param is its LayerParameter
    bottoms        the name of the value that each bottom is
    bottom_shapes, top_shapes
    weights        the arrays of its weights, perhaps with those of layers after it folded in
    batch          None, or the size that stands for one unknown until the model is run
    """

    def __init__(
        self,
        layer: Any,
        bottoms: list[str],
        bottom_shapes: list[Shape],
        top_shapes: list[Shape],
        weights: list[np.ndarray],
        graph: OnnxGraph,
        batch: int | None = None,
    ):
        self.layer, self.bottoms, self.weights = layer, bottoms, weights
        self.bottom_shapes, self.top_shapes = bottom_shapes, top_shapes
        self.batch, self._graph = batch, graph

    @property
    def param(self) -> Any:
        """The layer's LayerParameter."""
        return self.layer.param

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """The output of a new node."""
        return self._graph.node(operator, inputs, 1, self.layer.name, **attributes)[0]

    def nodes(self, operator: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """The outputs of a new node that has several."""
        return self._graph.node(operator, inputs, outputs, self.layer.name, **attributes)

    def constant(self, value: Any, name: str = "constant", dtype: Any = "float32") -> str:
        """A constant: a number, a list or an array."""
        return self._graph.constant(np.asarray(value, dtype), f"{self.layer.name}/{name}")

    def integers(self, values: Sequence[int], name: str = "integers") -> str:
        """Whole numbers, as the operators want shapes, axes and places."""
        return self.constant(list(values), name, "int64")

    def weight(self, index: int, shape: Shape | None = None) -> str:
        """One of the weights as a constant, in another shape if one is given."""
        array = self.weights[index]
        name = ("weights", "bias")[index] if index < 2 else f"weights_{index}"
        return self.constant(array if shape is None else array.reshape(shape), name)

    def arithmetic(self, operator: str, x: str, number: float, neutral: float) -> str:
        """x with a number added, multiplied..., or x itself if the number changes nothing."""
        return x if number == neutral else self.node(operator, x, self.constant(number))

    def affine(self, x: str, scale: float, shift: float) -> str:
        """scale * x + shift."""
        return self.arithmetic("Add", self.arithmetic("Mul", x, scale, 1), shift, 0)

    def reduce(self, operator: str, x: str, axes: Sequence[int], keep: bool = True) -> str:
        """ReduceMean, ReduceSum... over axes, of which there must be one at least."""
        return self.node(operator, x, self.integers(axes, "axes"), keepdims=int(keep))

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        """The same numbers in another shape, of which one size may follow the batch."""
        sizes = [-1 if self.varies(size) else size for size in shape]
        if sizes.count(-1) > 1:
            raise self.error(
                "needs a shape with two sizes that follow the batch; export it for one size of "
                "batch, without -dynamic_batch"
            )
        return self.node("Reshape", x, self.integers(sizes, "shape"))

    def cut(self, x: str, axis: int, start: int, end: int) -> str:
        """x[start:end] along an axis."""
        places = (self.integers([place]) for place in (start, end, axis))
        return self.node("Slice", x, *places)

    def pieces(self, x: str, axis: int, sizes: Sequence[int]) -> list[str]:
        """x cut along an axis into pieces of these sizes."""
        if len(sizes) == 1:
            return [x]
        sizes = [self.fixed(size, "the sizes of its pieces") for size in sizes]
        count = len(sizes)
        return self.nodes("Split", x, self.integers(sizes, "sizes"), outputs=count, axis=axis)

    def tops_by_shape(self) -> list[np.ndarray]:
        """What the layer gives, if that depends on nothing but the shapes of its bottoms."""
        for shape in self.bottom_shapes:
            for size in shape[2:]:
                self.fixed(size, "its top")
        shapes = [tuple(1 if self.varies(n) else n for n in shape) for shape in self.bottom_shapes]
        bottoms, tops = [Blob(shape) for shape in shapes], [Blob() for _ in self.top_shapes]
        layer = create_layer(self.param)
        layer.prepare(bottoms, tops)
        layer.forward(bottoms, tops)
        return [top.data for top in tops]

    def varies(self, size: int) -> bool:
        """Whether a size follows that of the batch."""
        return bool(self.batch and size and size % self.batch == 0)

    def fixed(self, size: int, what: str) -> int:
        """The size; ConfigError if it follows that of the batch."""
        if self.varies(size):
            raise self.error(
                f"{what} would follow the size of the batch; export it for one size of batch, "
                "without -dynamic_batch"
            )
        return size

    def error(self, problem: str) -> ConfigError:
        """The exception to raise if this layer cannot be exported as it is."""
        return self.layer.error(f"cannot be exported to ONNX: {problem}")
