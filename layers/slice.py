"""Slice: a blob cut into pieces along an axis."""

from ..core import ONE_OR_MORE, Blobs, Layer, Shape, register
from ..kernels import gpu


@register("Slice")
class Slice(Layer):
    """y_i = the i-th piece of x along an axis.

    bottom  x, any shape
    top[i]  y_i, x's shape except along axis

    Cuts in front of each slice_point, or into equal pieces if there is none. A single top shares
    its memory with the bottom.

    Prototxt: slice_param { axis: 1  slice_point: (one less than tops, or none) };
              slice_dim is the older name of axis
    Source: Caffe's SliceLayer.
    """

    top_count = ONE_OR_MORE

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.slice_param
        if param.HasField("axis") and param.HasField("slice_dim"):
            raise self.error("slice_param: axis and slice_dim mean the same; give one of them")
        self.points = list(param.slice_point)
        tops = len(self.param.top)
        if self.points and len(self.points) != tops - 1:
            raise self.error(
                f"slice_param: {len(self.points)} slice_point values make "
                f"{len(self.points) + 1} pieces, but there are {tops} tops"
            )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (shape,) = bottom_shapes
        axis = self._axis(shape)
        cuts = [0, *self._cuts(shape[axis]), shape[axis]]
        sizes = [end - start for start, end in zip(cuts, cuts[1:], strict=False)]
        return [(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        axis = self._axis(bottom[0].shape)
        self._parts = []
        end = 0
        for blob in top:
            start, end = end, end + blob.shape[axis]
            self._parts.append((*(slice(None),) * axis, slice(start, end)))
        if len(top) == 1:
            top[0].share_data(bottom[0])
            top[0].share_diff(bottom[0])

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.prepare_kernels(bottom, top)
        if len(top) == 1:
            return gpu.NoCalls(context)
        return gpu.Slicing(context, self._axis(bottom[0].shape))

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        if len(top) == 1:
            return
        x = bottom[0].data
        for blob, part in zip(top, self._parts, strict=True):
            blob.data[...] = x[part]

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if len(top) == 1 or not self.propagate_down[0]:
            return
        dx = bottom[0].diff
        for blob, part in zip(top, self._parts, strict=True):
            dx[part] = blob.diff

    def _axis(self, shape: Shape) -> int:
        param = self.param.slice_param
        field = "slice_dim" if param.HasField("slice_dim") else "axis"
        return self.canonical_axis(getattr(param, field), len(shape), f"slice_param.{field}")

    def _cuts(self, size: int) -> list[int]:
        """Where the second and all later pieces begin."""
        pieces = len(self.param.top)
        if self.points:
            if any(a >= b for a, b in zip([0, *self.points], [*self.points, size], strict=True)):
                raise self.error(
                    f"slice_param.slice_point: {self.points} must rise and lie between 0 and "
                    f"{size}, the bottom's size along the axis"
                )
            return self.points
        if size % pieces:
            raise self.error(
                f"{pieces} tops cannot share a bottom of size {size} along the axis equally; "
                "give slice_param.slice_point"
            )
        return [piece * (size // pieces) for piece in range(1, pieces)]
