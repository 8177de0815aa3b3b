"""SmoothL1Loss: squared near zero, absolute beyond, for boxes."""

from ..core import Array, Blobs, Shape, register
from ..kernels import gpu
from .families.smooth_l1 import SmoothL1LossLayer


@register("SmoothL1Loss")
class SmoothL1Loss(SmoothL1LossLayer):
    """loss = sum v f(w (a - b)) / N, f(d) = (sigma d)^2 / 2 or |d| - 1 / (2 sigma^2).

    f is quadratic where |d| < 1 / sigma^2.

    bottom[0]  a (N, ...)
    bottom[1]  b (N, ...), as many numbers as a; both have a gradient
    bottom[2]  optional: w, the inside weights, as many numbers as a; their gradient is 0
    bottom[3]  optional: v, the outside weights, as many numbers as a; their gradient is 0
    top[0]     loss, shape ()

    Prototxt: smooth_l1_loss_param { sigma: 1 }; also written smoothl1_param
    Source: Girshick, "Fast R-CNN", ICCV 2015, and Faster R-CNN's Caffe; with two bottoms SSD's.
    """

    bottom_count = range(2, 5)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        field = "smoothl1_param" if self.param.HasField("smoothl1_param") else None
        field = field or "smooth_l1_loss_param"
        self.sigma = getattr(self.param, field).sigma
        if not self.sigma > 0:
            raise self.error(f"{field}.sigma: {self.sigma:g} must be above 0")

    def loss(self, bottom: Blobs) -> Array:
        terms = self.terms(bottom)
        if len(bottom) == 4:
            terms *= bottom[3].data.reshape(terms.shape)
        return terms.sum() / bottom[0].shape[0]

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        factors = factor / bottom[0].shape[0]
        if len(bottom) == 4:
            factors = factors * bottom[3].data.reshape(bottom[0].shape)
        self.write_term_gradients(factors, bottom)

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        return self.gpu_terms(context, bottom, bottom[0].shape[0])
