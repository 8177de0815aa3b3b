"""Upsample: larger images, from the places that a pooling remembers or by repetition."""

import numpy as np

from ..core import Array, Blobs, Layer, Shape, register
from ..kernels import gpu
from ..proto import ConfigError


@register("Upsample")
class Upsample(Layer):
    """y = zeros, but x where the mask says; without a mask, every number scale x scale times.

    bottom[0]  x (N, C, H, W)
    bottom[1]  optional: mask, shape of x: the place of each number in a flat plane of y, as
               the second top of a Pooling gives it
    top        y (N, C, scale_h H, scale_w W)

    With a mask, as in SegNet: where several numbers have one place, the last stays. scale_h and
    scale_w are scale, by default 2, unless given; pad_out_h takes one row off y, pad_out_w a
    column, for what a pooling rounded up; upsample_h and upsample_w give y's size themselves.

    Without, as in Darknet: y[i, j] = x[i // scale, j // scale], and scale is 1 by default.

    Prototxt: upsample_param { scale: 2 (1 without a mask)  scale_h, scale_w: scale
                               pad_out_h: false  pad_out_w: false  upsample_h, upsample_w }
    Source: Badrinarayanan et al., "SegNet", TPAMI 2017, and its UpsampleLayer, whose gradient
            with upsample_h and upsample_w is undefined; Redmon and Farhadi, "YOLOv3", 2018, and
            MobileNet-YOLO's UpsampleLayer.
    """

    bottom_count = range(1, 3)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.upsample_param
        self._has_mask = len(bottom_shapes) == 2
        default = 2 if self._has_mask else 1
        scale = param.scale if param.HasField("scale") else default
        self._scales = [
            getattr(param, field) if param.HasField(field) else scale
            for field in ("scale_h", "scale_w")
        ]
        if min(self._scales) < 1:
            raise self.error(f"upsample_param.scale: {min(self._scales)} must be 1 or more")
        for field in ("pad_out_h", "pad_out_w", "upsample_h", "upsample_w"):
            if not self._has_mask and getattr(param, field):
                raise self.error(
                    f"upsample_param.{field}: needs a mask as bottom[1]; without one, every "
                    "number is repeated scale times"
                )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        shape, param = bottom_shapes[0], self.param.upsample_param
        if len(shape) != 4:
            raise self.error(f"needs a bottom (N, C, H, W), got shape {shape}")
        n, c, h, w = shape
        scale_h, scale_w = self._scales
        height, width = h * scale_h, w * scale_w
        if self._has_mask:
            if bottom_shapes[1] != shape:
                raise self.error(
                    f"the mask, bottom[1], has shape {bottom_shapes[1]}, bottom[0] {shape}; they "
                    "must be equal"
                )
            height = param.upsample_h or height - param.pad_out_h
            width = param.upsample_w or width - param.pad_out_w
        return [(n, c, height, width)]

    def allows_force_backward(self, index: int) -> bool:
        return index == 0

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        (n, c, h, w), (height, width) = bottom[0].shape, top[0].shape[2:]
        self._plane = height * width
        self._first = (np.arange(n * c) * self._plane)[:, None]
        self._planes = (n * c, h * w)
        scale_h, scale_w = self._scales
        self._repeated = (n, c, h, scale_h, w, scale_w)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.prepare_kernels(bottom, top)
        if not self._has_mask:
            return gpu.Repeating(
                context, lambda y: y.reshape(self._repeated).transpose(3, 5, 0, 1, 2, 4)
            )
        self._mask = bottom[1]
        return gpu.Unpooling(context, self._mask_error)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = bottom[0].data, top[0].data
        if not self._has_mask:
            y.reshape(self._repeated)[...] = x[:, :, :, None, :, None]
            return
        self._read(bottom)
        y[...] = 0
        y.reshape(-1)[self._places] = x.reshape(-1)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self._has_mask and self.propagate_down[1]:
            raise self.error("cannot give the mask, bottom[1], a gradient")
        if not self.propagate_down[0]:
            return
        dy, dx = top[0].diff, bottom[0].diff
        if self._has_mask:
            dx.reshape(-1)[...] = dy.reshape(-1)[self._places]
        else:
            np.sum(dy.reshape(self._repeated), axis=(3, 5), out=dx)

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False

    def _read(self, bottom: Blobs) -> None:
        """Take over where in y, flat, each number of x goes."""
        mask = bottom[1].data
        if self._are_wrong(mask).any():
            raise self._error_of(mask)
        planes = mask.astype("int64").reshape(self._planes)
        self._places = (planes + self._first).reshape(-1)

    def _are_wrong(self, mask: Array) -> Array:
        return ~((mask >= 0) & (mask < self._plane))

    def _mask_error(self, item: int) -> ConfigError:
        return self._error_of(self._mask.data)

    def _error_of(self, mask: Array) -> ConfigError:
        """What to say of the first place that is not there."""
        place = [int(axis[0]) for axis in np.nonzero(self._are_wrong(mask))]
        return self.error(
            f"the mask, bottom[1], says {float(mask[tuple(place)]):g} at {place}, but a plane "
            f"of the top has places 0 to {self._plane - 1}; does the top have the size that "
            "the pooling's bottom had (upsample_h, upsample_w, pad_out_h, pad_out_w)?"
        )
