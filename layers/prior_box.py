"""PriorBox: the boxes that a detector starts from, on the grid of a feature map."""

import math
from collections.abc import Sequence

import numpy as np

from ..core import Array, Blobs, Layer, Shape, register
from ..kernels import gpu
from .families.foreign_fields import refuse_fields

_FOREIGN = {
    "denser_prior_boxes": "TextBoxes++",
    "fixed_size": "FaceBoxes",
    "fixed_ratio": "FaceBoxes",
    "density": "FaceBoxes",
}


@register("PriorBox")
class PriorBox(Layer):
    """Boxes of several sizes and shapes around the centre of every cell of a feature map.

    bottom[0]  feature map (N, C, H, W), of which only H and W count
    bottom[1]  images (N, C, image_h, image_w), of which only the size counts
    top        (1, 2, H * W * P * 4): first the boxes, xmin, ymin, xmax and ymax as fractions of
               the image, cell by cell, P a cell; then four variances for each box

    For each min_size a cell has a square of that size, then, if there is a max_size, one of
    sqrt(min_size * max_size), then for each aspect_ratio r other than 1 a box of min_size times
    sqrt(r) by 1 / sqrt(r), followed, with flip, by the same lying on its side. Ratios that were
    there before are left out. Sizes are in pixels, without their fractions. Cells are step pixels
    apart (image size / map size unless set), and offset of a step in lies the first centre.
    variance is one number or four; variances divide what is regressed (see MultiBoxLoss).

    Prototxt: prior_box_param { min_size, max_size: (none, or one per min_size)  aspect_ratio: 1
              flip: true  clip: false  variance: 0.1  img_size, img_h, img_w: (those of bottom[1])
              step, step_h, step_w: (image size / map size)  offset: 0.5 }
    Source: Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016; the PriorBoxLayer of its
            Caffe.
    """

    bottom_count = 2

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.prior_box_param
        refuse_fields(self, param, "prior_box_param", _FOREIGN)
        self._check_sizes(list(param.min_size), list(param.max_size))
        self._ratios = self._distinct_ratios()
        self._variance = list(param.variance) or [0.1]
        if len(self._variance) not in (1, 4) or min(self._variance) <= 0:
            raise self.error(
                f"prior_box_param.variance: {self._variance} must be one number or four, above 0"
            )
        self._image_size = self._pair("img_size", "img_h", "img_w")
        self._steps = self._pair("step", "step_h", "step_w")

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        for i, shape in enumerate(bottom_shapes):
            if len(shape) != 4:
                raise self.error(f"bottom[{i}] must be (N, C, H, W), got shape {shape}")
        param = self.param.prior_box_param
        per_cell = len(param.min_size) * len(self._ratios) + len(param.max_size)
        height, width = bottom_shapes[0][2:]
        return [(1, 2, height * width * per_cell * 4)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self._priors = self._find_priors(bottom)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        return gpu.Constant(context, [self._find_priors(bottom)])

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        top[0].data[...] = self._priors

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        for blob, wanted in zip(bottom, self.propagate_down, strict=True):
            if wanted:
                blob.diff[...] = 0

    def allows_force_backward(self, index: int) -> bool:
        return False

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False

    def _find_priors(self, bottom: Blobs) -> Array:
        """What the top is: it depends on nothing but shapes."""
        # In float64, as sums of steps would drift.
        boxes = self._boxes(bottom[0].shape[2:], self._image_size or bottom[1].shape[2:])
        if self.param.prior_box_param.clip:
            boxes = boxes.clip(0, 1)
        variances = np.empty((boxes.size // 4, 4))
        variances[...] = self._variance
        return np.stack([boxes.reshape(-1), variances.reshape(-1)])[None].astype(self.dtype)

    def _boxes(self, map_size: Sequence[int], image_size: Sequence[float]) -> Array:
        """The corners of all boxes, (H, W, P, 4)."""
        image = np.array(image_size, float)
        steps = self._steps or image / np.maximum(map_size, 1)
        offset = self.param.prior_box_param.offset
        rows, columns = (
            (np.arange(size) + offset) * step for size, step in zip(map_size, steps, strict=True)
        )
        centres = np.stack(np.meshgrid(columns, rows), axis=-1)[:, :, None]
        halves = np.array(self._sizes()) / 2
        corners = np.concatenate([centres - halves, centres + halves], axis=-1)
        return corners / np.maximum(np.tile(image[::-1], 2), 1)

    def _sizes(self) -> list[tuple[float, float]]:
        """Width and height in pixels of each box of a cell."""
        param, sizes = self.param.prior_box_param, []
        for i, least in enumerate(map(int, param.min_size)):
            sizes.append((least, least))
            if param.max_size:
                middle = math.sqrt(least * int(param.max_size[i]))
                sizes.append((middle, middle))
            roots = map(math.sqrt, self._ratios[1:])
            sizes += [(least * root, least / root) for root in roots]
        return sizes

    def _distinct_ratios(self) -> list[float]:
        param, ratios = self.param.prior_box_param, [1.0]
        for ratio in param.aspect_ratio:
            if ratio <= 0:
                raise self.error(f"prior_box_param.aspect_ratio: {ratio:g} must be above 0")
            if all(abs(ratio - known) >= 1e-6 for known in ratios):
                ratios += [ratio, 1 / ratio] if param.flip else [ratio]
        return ratios

    def _check_sizes(self, least: list[float], most: list[float]) -> None:
        if not least or min(least) <= 0:
            raise self.error(
                f"prior_box_param.min_size: {least or 'is required'}; give one size in pixels or "
                "more, above 0"
            )
        if most and len(most) != len(least):
            raise self.error(
                f"prior_box_param.max_size: has {len(most)} sizes for {len(least)} min_size; "
                "give none, or one for each"
            )
        for low, high in zip(least, most, strict=False):
            if high <= low:
                raise self.error(
                    f"prior_box_param.max_size: {high:g} must be above its min_size, {low:g}"
                )

    def _pair(self, both: str, height: str, width: str) -> tuple[float, float] | None:
        """(height, width) from one field for both, or two; None if none is set."""
        param = self.param.prior_box_param
        given = [field for field in (both, height, width) if param.HasField(field)]
        if not given:
            return None
        if given not in ([both], [height, width]):
            raise self.error(
                f"prior_box_param: {' and '.join(given)} given; set {both}, or {height} and {width}"
            )
        values = [getattr(param, field) for field in given]
        if min(values) <= 0:
            raise self.error(f"prior_box_param.{given[0]}: {values} must be above 0")
        return values[0], values[-1]
