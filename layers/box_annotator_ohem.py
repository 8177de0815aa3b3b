"""BoxAnnotatorOHEM: picks the regions of an image that the net finds hardest, to train on."""

import numpy as np

from ..core import Blobs, Layer, Shape, register
from .families.fold import per_item


@register("BoxAnnotatorOHEM")
class BoxAnnotatorOHEM(Layer):
    """Keeps label and weights of the roi_per_img regions of each image that have most loss.

    bottom[0]  regions (R, 5): item, x1, y1, x2, y2
    bottom[1]  loss of each region, R numbers
    bottom[2]  label of each region, R numbers
    bottom[3]  weights of each region's box (R, C)
    top[0]     labels (R, 1, 1, 1): ignore_label where a region is not kept
    top[1]     weights (R, C, 1, 1): 0 where a region is not kept

    Regions of equal loss are taken in their order. Has no backward pass.

    Prototxt: box_annotator_ohem_param { roi_per_img: (required)  ignore_label: -1 }
    Source: Shrivastava et al., "Training Region-based Object Detectors with Online Hard Example
            Mining", CVPR 2016, as R-FCN's Caffe does it.
    """

    bottom_count = 4
    top_count = 2

    def setup(self, bottom_shapes: list[Shape]) -> None:
        if self.param.box_annotator_ohem_param.roi_per_img < 1:
            raise self.error(
                "box_annotator_ohem_param.roi_per_img is required and must be at least 1"
            )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        regions, loss, labels, weights = bottom_shapes
        names = ("regions (R, 5)", "losses (R)", "labels (R)", "weights (R, C)")
        count = regions[0] if regions else 0
        wanted = ((count, 5), (count,), (count,), (count, *weights[1:2]))
        for i, shape in enumerate(bottom_shapes):
            extra = shape[len(wanted[i]) :]
            if shape[: len(wanted[i])] != wanted[i] or any(size != 1 for size in extra):
                raise self.error(
                    f"bottom[{i}] must be {names[i]}, R being {count}, got shape {shape}"
                )
        if len(weights) < 2:
            raise self.error(f"bottom[3] must be weights (R, C), got shape {weights}")
        return [(count, 1, 1, 1), (count, weights[1], 1, 1)]

    def allows_force_backward(self, index: int) -> bool:
        return False

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        param = self.param.box_annotator_ohem_param
        images, loss, labels, weights = (blob.data.reshape(per_item(blob.shape)) for blob in bottom)
        images, kept = images[:, 0], np.zeros(len(images), bool)
        hardest_first = np.argsort(-loss[:, 0], kind="stable")
        for image in np.unique(images):
            of_image = hardest_first[images[hardest_first] == image]
            kept[of_image[: param.roi_per_img]] = True
        top[0].data[...] = np.where(kept, labels[:, 0], param.ignore_label)[:, None, None, None]
        top[1].data[...] = np.where(kept[:, None], weights, 0)[:, :, None, None]

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if any(self.propagate_down):
            raise self.error(
                "has no gradient; give it propagate_down: false once for each of its 4 bottoms"
            )
