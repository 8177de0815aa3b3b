"""CropCenter: cut the same off both ends of every axis."""

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu


@register("CropCenter")
class CropCenter(Layer):
    """y = x without crop_size[i] places at the beginning and at the end of axis i.

    bottom  x, any shape
    top     y, as many axes, each 2 crop_size[i] shorter

    Prototxt: crop_center_param { crop_size (one for each axis) }
    Source: the CropCenterLayer of waifu2x-caffe.
    """

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        shape, cuts = bottom_shapes[0], list(self.param.crop_center_param.crop_size)
        if len(cuts) != len(shape):
            raise self.error(
                f"crop_center_param.crop_size: has {len(cuts)} numbers; needs one for each axis of "
                f"bottom[0], of shape {shape}"
            )
        for axis, (cut, size) in enumerate(zip(cuts, shape, strict=True)):
            if 2 * cut >= size:
                raise self.error(
                    f"crop_center_param.crop_size: {cut} at both ends leaves nothing of axis "
                    f"{axis} of bottom[0], {size} long"
                )
        return [tuple(size - 2 * cut for size, cut in zip(shape, cuts, strict=True))]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        cuts = self.param.crop_center_param.crop_size
        self._center = tuple(
            slice(cut, size - cut) for cut, size in zip(cuts, bottom[0].shape, strict=True)
        )

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.prepare_kernels(bottom, top)
        return gpu.Rearranging(context, lambda x, y: (x[self._center], y), leaves_out=True)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        top[0].data[...] = bottom[0].data[self._center]

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            dx = bottom[0].diff
            dx[...] = 0
            dx[self._center] = top[0].diff

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False
