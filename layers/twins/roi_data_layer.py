"""RoIDataLayer: roi_data_layer.layer of py-faster-rcnn."""

from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...core import Blobs
from ...data.scaled_image import read_scaled
from ...data.window_file import read_window_file
from ...proto import ConfigError
from .twin import Twin


class _Entry(NamedTuple):
    path: str
    boxes: np.ndarray  # x1, y1, x2, y2, class


class RoIDataLayer(Twin):
    """An image and its true boxes at a time, to train Faster R-CNN end to end.

    top[0]  image (1, 3, H, W): channels B, G, R, less pixel_means
    top[1]  image (1, 3): height, width, and what it was scaled by
    top[2]  true boxes (G, 5): x1, y1, x2, y2, class, in the scaled image

    py-faster-rcnn is handed its images by a program; here source names a window file, as for a
    WindowData layer, and its windows with overlap 1 and a class above 0 are the true boxes. Images
    without any are left out. Every image comes once in a round, in random order, and once more
    with left and right changed under use_flipped. The short side is scaled to `scale` pixels,
    the long one to max_size at most.

    param_str: num_classes and source (both required), root_folder, scale, max_size, pixel_means,
    use_flipped.
    Source: Ren et al., "Faster R-CNN", NIPS 2015; data/window_file.py says what a window file is.
    """

    defaults: ClassVar[dict[str, Any]] = {
        "num_classes": None,
        "source": None,
        "root_folder": "",
        "scale": 600,
        "max_size": 1000,
        "pixel_means": (102.9801, 115.9465, 122.7717),
        "use_flipped": True,
    }
    texts = ("source", "root_folder")

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        super().setup(bottom, top)
        if bottom or len(top) != 3:
            raise ConfigError(
                "takes no bottoms and gives 3 tops (data, im_info, gt_boxes), got "
                f"{len(bottom)} and {len(top)}"
            )
        options = self.options
        file = read_window_file(options["source"], options["root_folder"])
        boxes: dict[str, list[tuple[int, ...]]] = {path: [] for path in file.images}
        for window in file.windows:
            if window.label > 0 and window.overlap >= 1:
                if window.label >= options["num_classes"]:
                    raise ConfigError(
                        f"{options['source']}: {window.image} has a box of class {window.label}; "
                        f"num_classes {options['num_classes']} allows 1 to "
                        f"{options['num_classes'] - 1}"
                    )
                boxes[window.image].append((*window[3:], window.label))
        self._entries = [
            _Entry(path, np.array(found, np.float32)) for path, found in boxes.items() if found
        ]
        if not self._entries:
            raise ConfigError(f"{options['source']}: no image has a window with overlap 1")
        # Before the first image, the size that layers above have to fit.
        image = (1, 3, int(options["scale"]), int(options["max_size"]))
        for blob, shape in zip(top, (image, (1, 3), (1, 5)), strict=True):
            blob.reshape(shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        options, (entry, is_flipped) = self.options, self._next()
        image, scale = read_scaled(
            entry.path, options["pixel_means"], options["scale"], options["max_size"], is_flipped
        )
        height, width = image.shape[1:]
        boxes = entry.boxes.copy()
        if is_flipped:
            unscaled = round(width / scale)
            boxes[:, [0, 2]] = unscaled - 1 - boxes[:, [2, 0]]
        boxes[:, :4] *= scale
        top[0].reshape(1, *image.shape)
        top[0].data[0] = image
        top[1].data[0] = height, width, scale
        top[2].reshape(len(boxes), 5)
        top[2].data[...] = boxes

    def _next(self) -> tuple[_Entry, bool]:
        """The next image, and whether it is to be turned around."""
        count = len(self._entries)
        per_round = 2 * count if self.options["use_flipped"] else count
        round_number, place = divmod(self.passes, per_round)
        self.passes += 1
        order = np.random.default_rng((self.seed, round_number)).permutation(per_round)
        is_flipped, index = divmod(int(order[place]), count)
        return self._entries[index], bool(is_flipped)
