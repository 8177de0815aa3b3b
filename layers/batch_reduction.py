"""BatchReduction: sums and means of consecutive parts of an axis."""

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu
from ..proto.caffe_pb2 import ReductionParameter


@register("BatchReduction")
class BatchReduction(Layer):
    """y[..., i, ...] = the sum, or the mean, of the i-th part of x along axis.

    bottom  x, any shape with an axis
    top     y, x's shape but for axis: one number for each level, or without that axis

    A level l stands for a part of l^2 places, as a pyramid has them; the parts follow each other
    and fill the axis. No level, or the single level 1, is all of the axis, which then goes.

    Prototxt: batch_reduction_param { level: (none)  reduction_param { operation: SUM  axis: 0 } }
              also MEAN
    Source: the BatchReductionLayer of yjxiong's and PSPNet's Caffe.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.batch_reduction_param
        operation = param.reduction_param.operation
        if operation not in (ReductionParameter.SUM, ReductionParameter.MEAN):
            raise self.error(
                "batch_reduction_param.reduction_param.operation: must be SUM or MEAN, got "
                f"{ReductionParameter.ReductionOp.Name(operation)}"
            )
        self._is_mean = operation == ReductionParameter.MEAN
        if param.reduction_param.coeff != 1:
            raise self.error(
                f"batch_reduction_param.reduction_param.coeff: {param.reduction_param.coeff:g} "
                "must be 1; multiply with a Power or Scale layer"
            )
        self._levels = list(param.level) or [1]
        if min(self._levels) < 1:
            raise self.error(f"batch_reduction_param.level: {min(self._levels)} must be 1 or more")

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        shape = bottom_shapes[0]
        axis = self._axis(shape)
        if self._levels == [1]:
            return [(*shape[:axis], *shape[axis + 1 :])]
        places = sum(level**2 for level in self._levels)
        if places != shape[axis]:
            raise self.error(
                f"batch_reduction_param.level: levels {self._levels} stand for {places} places, "
                f"but axis {axis} of bottom[0], of shape {shape}, has {shape[axis]}"
            )
        return [(*shape[:axis], len(self._levels), *shape[axis + 1 :])]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        shape = bottom[0].shape
        self._before = (slice(None),) * self._axis(shape)
        sizes = self._sizes(shape)
        ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
        self._parts = [slice(end - size, end) for size, end in zip(sizes, ends, strict=True)]
        self._factors = [1 / max(size, 1) if self._is_mean else 1.0 for size in sizes]
        self._split = (*shape[: len(self._before)], len(sizes), *shape[len(self._before) + 1 :])

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        shape = bottom[0].shape
        return gpu.BatchReduction(context, self._axis(shape), self._sizes(shape), self._is_mean)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        y = top[0].data.reshape(self._split)
        for i, (part, factor) in enumerate(zip(self._parts, self._factors, strict=True)):
            total = bottom[0].data[(*self._before, part)].sum(axis=len(self._before))
            y[(*self._before, i)] = total * factor

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self.propagate_down[0]:
            return
        dy = top[0].diff.reshape(self._split)
        for i, (part, factor) in enumerate(zip(self._parts, self._factors, strict=True)):
            one = dy[(*self._before, slice(i, i + 1))]
            bottom[0].diff[(*self._before, part)] = one * factor

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False

    def _sizes(self, shape: Shape) -> list[int]:
        """How many places the parts have."""
        if self._levels == [1]:
            return [shape[self._axis(shape)]]
        return [level**2 for level in self._levels]

    def _axis(self, shape: Shape) -> int:
        axis = self.param.batch_reduction_param.reduction_param.axis
        field = "batch_reduction_param.reduction_param.axis"
        return self.canonical_axis(axis, len(shape), field)
