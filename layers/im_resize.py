"""ImResize: bicubic enlargement of score maps, averaged over scales."""

import numpy as np

from ..core import Array, Blob, Blobs, Layer, Shape, register


@register("ImResize")
class ImResize(Layer):
    """y = the mean over n of R_n x_n C_n^T: R_n mixes rows and C_n columns, four for each of y's.

    bottom  x (N, C, H, W): the maps of an image at N scales
    top     y (1, C, height, width): factor times H and W, or the target's size

    Of map n, floor(W // 2 (1 - start_scale + n scale_gap)) columns at either side are padding,
    and rows likewise; what is between is resized by Catmull and Rom's cubic, so that pixels are
    squares: place i of y lies at (i + 1/2) w / width - 1/2. Beyond the border the last pixel goes
    on.

    Prototxt: imresize_param { factor: 0 (none)  target_spatial_height: 368
                               target_spatial_width: 368  start_scale: 1  scale_gap: 0.1 }
    Source: Cao et al., "Realtime Multi-Person 2D Pose Estimation", CVPR 2017, and the ImResizeLayer
            of its caffe_rtpose, which has no gradient, and another result on the CPU.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        if self.param.imresize_param.factor < 0:
            raise self.error(
                f"imresize_param.factor: {self.param.imresize_param.factor:g} must be 0 or more"
            )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        shape, param = bottom_shapes[0], self.param.imresize_param
        if len(shape) != 4:
            raise self.error(f"needs a bottom (N, C, H, W), got shape {shape}")
        n, c, h, w = shape
        out = (param.target_spatial_height, param.target_spatial_width)
        if param.factor:
            out = (int(h * param.factor), int(w * param.factor))
        if min(out) < 1:
            raise self.error(f"imresize_param makes a top of size {out} of a bottom of {(h, w)}")
        for length in (h, w):
            for scale in range(n):
                if not 0 <= 2 * self._padding(length, scale) < length:
                    raise self.error(
                        f"imresize_param.start_scale {param.start_scale:g} and scale_gap "
                        f"{param.scale_gap:g} leave nothing of map {scale}, of shape {(h, w)}, or "
                        "more than all of it"
                    )
        return [(1, c, *out)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        (n, c, h, w), (height, width) = bottom[0].shape, top[0].shape[2:]
        # The mean is in the rows' matrices.
        self._rows = [self._mixing(h, height, scale) / n for scale in range(n)]
        self._columns = [self._mixing(w, width, scale) for scale in range(n)]
        self._widened = Blob((c, h, width), self.dtype)

    def _padding(self, length: int, scale: int) -> int:
        param = self.param.imresize_param
        return int(np.floor(length // 2 * (1 - param.start_scale + scale * param.scale_gap)))

    def _mixing(self, length: int, out: int, scale: int) -> Array:
        """The matrix (out, length) that makes numbers along one axis of y of those of x_n."""
        padding = self._padding(length, scale)
        inside, places = length - 2 * padding, np.arange(out)
        at = (places + 0.5) * inside / out - 0.5
        first = np.clip(np.trunc(at + 1e-5).astype(int), 0, inside - 1)
        t = at - first
        weights = (
            -0.5 * t**3 + t**2 - 0.5 * t,
            1.5 * t**3 - 2.5 * t**2 + 1,
            -1.5 * t**3 + 2 * t**2 + 0.5 * t,
            0.5 * t**3 - 0.5 * t**2,
        )
        matrix = np.zeros((out, length))
        for step, weight in zip((-1, 0, 1, 2), weights, strict=True):
            matrix[places, padding + np.clip(first + step, 0, inside - 1)] += weight
        return np.asarray(matrix, self.dtype)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        x, y = bottom[0].data, top[0].data[0]
        for scale, (rows, columns) in enumerate(zip(self._rows, self._columns, strict=True)):
            widened = np.matmul(x[scale], columns.T, out=self._widened.data)
            if scale:
                y += np.matmul(rows, widened)
            else:
                np.matmul(rows, widened, out=y)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self.propagate_down[0]:
            return
        dy, dx = top[0].diff[0], bottom[0].diff
        for scale, (rows, columns) in enumerate(zip(self._rows, self._columns, strict=True)):
            widened = np.matmul(rows.T, dy, out=self._widened.data)
            np.matmul(widened, columns, out=dx[scale])

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False
