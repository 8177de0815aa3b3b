"""BroadcastLayer: what Scale and Bias share."""

from typing import Any

from ...core import Array, Blob, Blobs, Layer, Layout, Shape
from ...kernels.gpu.folded import layout_of_axes
from .fold import fold
from .parts import Parts


class BroadcastLayer(Layer):
    """Combines x with an operand, whose axes lie along x's from `axis` on, the rest repeated.

    bottom[0]   x, any shape
    bottom[1]   optional: the operand, any shape that x has from axis on
    top         y, shape of x; may be bottom[0] itself (in place)
    weights[0]  without bottom[1], the operand: x's num_axes axes from axis on; with num_axes 0
                one number, shape (); with -1 all axes
    """

    bottom_count = range(1, 3)
    param_name: str  # such as "scale_param": a message with axis, num_axes and filler

    def operand_filler(self) -> Any:
        """What fills a learned operand."""
        return self.operand_param.filler

    @property
    def operand_param(self) -> Any:
        """This layer's own parameter message."""
        return getattr(self.param, self.param_name)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._is_learned = len(bottom_shapes) == 1
        if self._is_learned:
            self.add_weight(self._learned_shape(bottom_shapes[0]), self.operand_filler())

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        x, operand = bottom_shapes[0], self.operand_shape(bottom_shapes)
        axis = self._axis(x, operand)
        if x[axis : axis + len(operand)] != operand:
            which = "the learned operand" if self._is_learned else "bottom[1]"
            raise self.error(
                f"{which}, of shape {operand}, must match bottom[0], of shape {x}, "
                f"from {self.param_name}.axis {axis} on"
            )
        return [x]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom[1:], top)
        self._folded = fold(bottom[0].shape, *self.operand_axes(bottom))
        self.parts = Parts(self._folded)

    def operand_axes(self, bottom: Blobs) -> tuple[int, int]:
        """The first of x's axes that the operand lies along, and how many there are."""
        shapes = [blob.shape for blob in bottom]
        operand = self.operand_shape(shapes)
        return self._axis(shapes[0], operand), len(operand)

    def gpu_layout(self, bottom: Blobs) -> Layout:
        """How the blobs may lie for kernels on a GPU."""
        x, (axis, axes) = bottom[0].shape, self.operand_axes(bottom)
        # Weights are plain, always.
        is_whole_weight = self._is_learned and axes == len(x) > 2
        return Layout.PLAIN if is_whole_weight else layout_of_axes(x, axis, axes)

    # What a subclass calls. Folded arrays are (outer, size of the operand, inner).

    def operand_shape(self, bottom_shapes: list[Shape]) -> Shape:
        """The shape of the operand, wherever it comes from."""
        return self.weights[0].shape if self._is_learned else bottom_shapes[1]

    def operand(self, bottom: Blobs) -> Array:
        """The operand's values, ready to meet a folded array."""
        return self.spread((self.weights if self._is_learned else bottom[1:])[0].data)

    def wants_operand_gradient(self) -> bool:
        """Whether anyone reads the operand's gradient."""
        return self.param_propagate_down[0] if self._is_learned else self.propagate_down[1]

    def give_operand_gradient(self, gradient: Array, bottom: Blobs) -> None:
        """Add to the weight's diff, or write bottom[1]'s."""
        if self._is_learned:
            self.add_gradient(self.weights[0], gradient)
        else:
            bottom[1].diff[...] = gradient.reshape(bottom[1].shape)

    def add_gradient(self, weight: Blob, gradient: Array) -> None:
        """Add the gradient, one number for each of the operand, to the weight's diff."""
        weight.diff[...] += gradient.reshape(weight.shape)

    def folded(self, array: Array) -> Array:
        """An array of x's shape as (outer, size of the operand, inner)."""
        return array.reshape(self._folded)

    def spread(self, array: Array) -> Array:
        """An array of the operand's shape, ready to meet a folded one."""
        return array.reshape(-1, 1)

    # Where the operand lies.

    def _axis(self, x: Shape, operand: Shape) -> int:
        # A single number lies along no axis.
        if not operand:
            return 0
        axis = self.operand_param.axis
        return self.canonical_axis(axis, len(x), f"{self.param_name}.axis")

    def _learned_shape(self, x: Shape) -> Shape:
        param, name = self.operand_param, self.param_name
        if param.num_axes == 0:
            return ()
        axis = self.canonical_axis(param.axis, len(x), f"{name}.axis")
        if param.num_axes == -1:
            return x[axis:]
        if param.num_axes < -1:
            raise self.error(
                f"{name}.num_axes: {param.num_axes} must be -1 (all axes from axis on), "
                "0 (one number) or more"
            )
        if axis + param.num_axes > len(x):
            raise self.error(
                f"{name}.num_axes: {param.num_axes} axes from axis {axis} on are more than "
                f"bottom[0], of shape {x}, has"
            )
        return x[axis : axis + param.num_axes]
