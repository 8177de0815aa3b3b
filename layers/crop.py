"""Crop: cut one blob to the size of another."""

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu


@register("Crop")
class Crop(Layer):
    """y = the part of x that has the reference's size from axis on and begins at offset.

    bottom[0]  x, any shape
    bottom[1]  reference, as many axes as x; only its shape matters
    top        y, x's shape before axis, the reference's from axis on

    Prototxt: crop_param { axis: 2  offset: (none: 0; one for all axes; or one for each) }
    Source: Caffe's CropLayer; Long et al., "Fully Convolutional Networks", CVPR 2015.
    """

    bottom_count = 2

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        shape, reference = bottom_shapes
        axis = self._axis(shape)
        offsets = self._offsets(shape)
        if len(reference) != len(shape):
            raise self.error(
                f"bottom[1] needs as many axes as bottom[0]; they are {reference} and {shape}"
            )
        top = shape[:axis] + reference[axis:]
        for i, (offset, kept, size) in enumerate(zip(offsets, top, shape, strict=True)):
            if offset + kept > size:
                raise self.error(
                    f"axis {i} of bottom[0], {size} long, cannot be cropped to {kept} from "
                    f"crop_param.offset {offset} on"
                )
        return [top]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        offsets = self._offsets(bottom[0].shape)
        self._part = tuple(
            slice(offset, offset + kept) for offset, kept in zip(offsets, top[0].shape, strict=True)
        )
        # What is left out: before and behind the part along each axis.
        self._borders = [
            (*self._part[:axis], beyond)
            for axis, part in enumerate(self._part)
            for beyond in (slice(0, part.start), slice(part.stop, None))
        ]

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.prepare_kernels(bottom, top)
        return gpu.Rearranging(context, lambda x, y: (x[self._part], y), leaves_out=True)

    def allows_force_backward(self, index: int) -> bool:
        return index == 0

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        top[0].data[...] = bottom[0].data[self._part]

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            dx = bottom[0].diff
            for border in self._borders:
                dx[border] = 0
            dx[self._part] = top[0].diff
        if self.propagate_down[1]:
            bottom[1].diff[...] = 0

    def _axis(self, shape: Shape) -> int:
        return self.canonical_axis(self.param.crop_param.axis, len(shape), "crop_param.axis")

    def _offsets(self, shape: Shape) -> list[int]:
        """Where the kept part begins, for every axis of x."""
        axis = self._axis(shape)
        cropped = len(shape) - axis
        given = list(self.param.crop_param.offset) or [0]
        if len(given) not in (1, cropped):
            raise self.error(
                f"crop_param.offset: {len(given)} values; give none, one or {cropped}, "
                f"one for each axis from {axis} on"
            )
        return [0] * axis + (given if len(given) == cropped else given * cropped)
