"""ImageWindows: what a Transformer would take out of images, left for a GPU to transform."""

import numpy as np

from ..proto import ConfigError
from .transform import Chances, Transformer, other_size

Part = tuple[tuple[int, ...], str]  # shape and dtype of an array


class ImageWindows:
    """Does what Transformer.into_batch does, but copies crops as they are.

    first   an image (C, H, W), uint8, as they lie in memory: planes, or pixels of all channels

    What stands in the arrays of a batch, `parts` says; a GPU's Transform makes of it, bit for bit,
    what the Transformer would have made.
    """

    def __init__(self, transform: Transformer, first: np.ndarray):
        self._transform = transform
        self.has_planes = first.flags.c_contiguous
        self.mean, self.scale = transform.mean, transform.scale
        self._size = transform.output_size(first.shape)

    def parts(self, batch_size: int) -> list[Part]:
        """Crops (N, C, H, W) or (N, H, W, C), labels (N,), and Transformer.places (N, 3)."""
        c, h, w = self._size
        crops = (batch_size, *(self._size if self.has_planes else (h, w, c)))
        return [(crops, "uint8"), ((batch_size,), "float32"), ((batch_size, 3), "int32")]

    def into_batch(
        self,
        images: np.ndarray,
        arrays: list[np.ndarray],
        items: slice,
        chances: Chances | None = None,
    ) -> None:
        """As Transformer.into_batch."""
        if images.dtype != np.uint8:
            raise ConfigError(
                "it holds float_data, but the first record bytes; on a GPU all records must be "
                "alike: convert the database, or use the CPU"
            )
        size = self._transform.output_size(images.shape[1:])
        if size != self._size:
            raise other_size(size, self._size)
        crops = arrays[0] if self.has_planes else arrays[0].transpose(0, 3, 1, 2)
        arrays[2][items] = places = self._transform.places(images.shape[2:], size[1:], chances)
        if not self._transform.crops_at_random:
            places = places[:1]
        if len(places) == 1:
            crops[items] = _cut(images, places[0], size)
            return
        for image, crop, place in zip(images, crops[items], places, strict=True):
            crop[...] = _cut(image, place, size)


def _cut(images: np.ndarray, place: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    (top, left, _), (_, h, w) = place, size
    return images[..., top : top + h, left : left + w]
