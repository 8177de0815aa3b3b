"""ImageLabelmapData: images and edge maps named in a list."""

import cv2
import numpy as np

from ..core import register
from .families.label_map_data import LabelMapData


@register("ImageLabelmapData")
class ImageLabelmapData(LabelMapData):
    """Images named in a list, with maps of 0 and 1 that are images too.

    top[0]  images (N, C, H, W), transformed; the first image says C, H and W
    top[1]  label maps (N, 1, H, W): 1 where the grey label image is above 127, else 0; cropped
            and mirrored as their images are

    source is a text file of lines `image label-image`; a blank separates the two. Images have
    the sizes of their label images. All must become the same size, by new_height and new_width
    (bilinear, for both) or crop_size, unless batch_size is 1: then the tops take the size of
    their image.

    Prototxt: image_data_param { source, batch_size: 1, new_height: 0, new_width: 0,
    is_color: true, root_folder: "", shuffle: false, rand_skip: 0 }, transform_param, data_param
    { prefetch: 4 }
    Source: Xie and Tu, "Holistically-Nested Edge Detection", ICCV 2015, and its
    ImageLabelmapDataLayer.
    """

    param_name = "image_data_param"
    resize_label = cv2.INTER_LINEAR

    def labels(self, image: np.ndarray) -> np.ndarray:
        return (image > 127).astype(np.uint8)
