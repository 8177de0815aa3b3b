"""AnnotatedData: images and the objects in them, from a database."""

from typing import Any

import numpy as np

from ..core import Blob, Rng, Shape, log, register
from ..data.annotated_batches import AnnotatedBatches
from ..data.annotated_datum import OBJECT
from ..data.annotated_transform import AnnotatedTransformer
from ..data.backend import open_source
from ..data.naming import naming
from ..proto.caffe_pb2 import DataParameter
from .families.foreign_fields import refuse_fields
from .families.prefetching import PrefetchingLayer

_FOREIGN = {
    "yolo_data_type": "MobileNet-YOLO",
    "seg_resize_width": "MobileNet-YOLO",
    "seg_resize_height": "MobileNet-YOLO",
}

LEAST_ROOM = 64  # rows for objects in a batch on a GPU


@register("AnnotatedData")
class AnnotatedData(PrefetchingLayer):
    """Images and the objects in them from an LMDB of AnnotatedDatums, in the order of its keys.

    top[0]  images (N, C, H, W), transformed; the first record says C, H and W
    top[1]  objects (1, 1, n, 8), each a row: item in batch, label, instance, xmin, ymin, xmax,
            ymax (fractions of the image), difficult; a batch without objects has one row of -1.
            On a GPU, rows of -1 follow, so that n seldom changes. Records without annotation type
            give their labels (N) instead. May be left out

    In turn, each where it is asked for: distort_param changes colors, expand_param puts the image
    on a larger one, a part is cut out that batch_sampler finds, resize_param, noise_param, a crop
    (at random in phase TRAIN), mirror, mean and scale. Boxes are cut to what is left of the image;
    those outside, or that emit_constraint holds back, are dropped.

    Prototxt: data_param { source, batch_size, backend: LEVELDB, prefetch: 4 },
    annotated_data_param { batch_sampler { use_original_image: true  sampler { min_scale: 1
    max_scale: 1  min_aspect_ratio: 1  max_aspect_ratio: 1 }  sample_constraint { min_ and
    max_jaccard_overlap, _sample_coverage, _object_coverage }  max_sample: (all)  max_trials: 100 }
    anno_type: (the records') }, transform_param { scale: 1, mirror: false, crop_size: 0,
    crop_h: 0, crop_w: 0, mean_file, mean_value, force_color: false, force_gray: false,
    resize_param { resize_mode: WARP  height, width  height_scale: 0  width_scale: 0
    interp_mode: LINEAR (of several, one at random)  pad_mode: CONSTANT  pad_value: 0 },
    expand_param { prob: 1  max_expand_ratio: 1 }, distort_param { brightness_prob,
    brightness_delta, contrast_prob, contrast_lower, contrast_upper, saturation_prob,
    saturation_lower, saturation_upper, hue_prob, hue_delta, random_order_prob },
    noise_param, emit_constraint { emit_type: CENTER  emit_overlap } }
    Source: Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016; annotated_data_layer.cpp
            of its Caffe.
    """

    top_count = range(1, 3)

    def __init__(self, param: Any, dtype: Any = "float32", rng: Rng | None = None):
        super().__init__(param, dtype, rng)
        data_param = param.data_param
        with self.explaining(), naming("data_param.source"):
            backend = DataParameter.DB.Name(data_param.backend).lower()
            self._source = open_source(data_param.source, backend)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.annotated_data_param
        refuse_fields(self, param, "annotated_data_param", _FOREIGN)
        super().setup(bottom_shapes)
        objects = self._shapes[1:]
        self.is_ragged = bool(objects) and len(objects[0]) == 4
        self.shapes_vary |= self.is_ragged  # with the number of objects

    def store_ragged(self, top: Blob, array: np.ndarray) -> None:
        # What has another shape in every batch cannot be in a CUDA graph.
        count = array.shape[2]
        room = max(top.shape[2], 1 << (count - 1).bit_length(), LEAST_ROOM)
        top.reshape(1, 1, room, OBJECT)
        top.data[:, :, :count] = array
        top.data[:, :, count:] = -1
        top.store("data")

    def open_reader(self, seed: int) -> tuple[AnnotatedBatches, list[Shape]]:
        batch_size = self.batch_size("data_param")
        param = self.param.annotated_data_param
        transform = AnnotatedTransformer(
            self.param.transform_param, self.param.phase, self.dtype, param.batch_sampler
        )
        is_annotated = True if param.HasField("anno_type") else None
        reader = AnnotatedBatches(self._source, transform, batch_size, is_annotated)
        shapes = reader.first_shapes()
        log.info(
            "annotated_data_layer.cpp:62", f"output data size: {','.join(map(str, shapes[0]))}"
        )
        return reader, shapes[: len(self.param.top)]
