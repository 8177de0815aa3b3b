"""LabelMapData: layers whose tops are images and images of labels."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from ...core import Shape, log
from ...data.label_map_batches import LabelMapBatches
from ...data.naming import naming
from ...data.pair_list import read_pair_list
from ...proto import ConfigError
from .prefetching import PrefetchingLayer


class LabelMapData(PrefetchingLayer):
    """Images named in a list, with label maps of their size.

    top[0]  images (N, C, H, W), transformed; the first image says C, H and W
    top[1]  label maps (N, 1, H, W), cropped and mirrored as their images are

    A subclass names its parameter message and says what labels a grey image stands for.
    """

    param_name: str
    resize_label = cv2.INTER_NEAREST

    def labels(self, image: np.ndarray) -> np.ndarray:
        """The labels that a grey image (H, W), uint8, stands for."""
        return image

    @property
    def factor(self) -> int:
        """By how much label maps are smaller than images."""
        return 1

    def open_reader(self, seed: int) -> tuple[LabelMapBatches, list[Shape]]:
        param: Any = getattr(self.param, self.param_name)
        batch_size = self.batch_size(self.param_name)
        if bool(param.new_height) != bool(param.new_width):
            raise ConfigError(
                f"{self.param_name}: new_height is {param.new_height} and new_width "
                f"{param.new_width}; set both, or neither"
            )
        with naming(f"{self.param_name}.source"):
            pairs = read_pair_list(param.source)
        labels: Callable[[np.ndarray], np.ndarray] = self.labels
        reader = LabelMapBatches(
            pairs,
            self.param.transform_param,
            self.param.phase,
            self.dtype,
            batch_size,
            labels=labels,
            resize_label=self.resize_label,
            factor=self.factor,
            root=param.root_folder,
            color=param.is_color,
            size=(param.new_height, param.new_width) if param.new_height else None,
            shuffle=param.shuffle,
            rand_skip=param.rand_skip,
        )
        log.info("image_data_layer.cpp:63", f"A total of {len(pairs)} images.")
        sizes = reader.first_sizes(seed)
        shapes = [(batch_size, *size) for size in sizes]
        log.info("image_data_layer.cpp:90", f"output data size: {','.join(map(str, shapes[0]))}")
        return reader, shapes
