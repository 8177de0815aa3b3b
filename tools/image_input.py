"""Images as classify and detect feed them to a net: loaded, resized, cropped, normalized.

Between the steps an image is (H, W, C) float32, in [0, 1] and in the order R, G, B, as Caffe's
Python tools have it.
"""

import os
from argparse import Namespace
from dataclasses import dataclass

import cv2
import numpy as np

from ..data.image import read_image
from ..proto import ConfigError, read_mean
from .flags import FlagParser

Size = tuple[int, int]  # height, width


def add_flags(parser: FlagParser) -> None:
    """Declare what is done to an image."""
    parser.add_flag("mean_file", "", "the mean to subtract: .npy or .binaryproto")
    parser.add_flag("input_scale", 1.0, "multiplied with the input at last")
    parser.add_flag("raw_scale", 255.0, "multiplied with the image in [0, 1], before the mean")
    parser.add_flag("channel_swap", "2,1,0", "the order of channels; of RGB images 2,1,0 makes BGR")


@dataclass
class ImageInput:
    """y = (raw_scale * x[channel_swap] - mean) * input_scale, for a net input (C, H, W)."""

    shape: tuple[int, int, int]
    mean: np.ndarray | None  # (C, 1, 1) or (C, H, W)
    input_scale: float
    raw_scale: float
    channel_swap: list[int]

    @classmethod
    def of(cls, flags: Namespace, shape: tuple[int, ...], name: str) -> "ImageInput":
        """What the flags say about the input blob of this name and shape (N, C, H, W)."""
        if len(shape) != 4 or shape[1] not in (1, 3):
            raise ConfigError(
                f"input {name!r} has shape {tuple(shape)}; images need (N, C, H, W) with C 1 or 3"
            )
        c, h, w = shape[1:]
        mean = load_mean(flags.mean_file, (c, h, w)) if flags.mean_file else None
        swap = list(range(c)) if c == 1 else _order(flags.channel_swap)
        return cls((c, h, w), mean, flags.input_scale, flags.raw_scale, swap)

    @property
    def size(self) -> Size:
        """Height and width that the net takes."""
        return self.shape[1:]

    def load(self, path: str | os.PathLike) -> np.ndarray:
        """The image in a file, with as many channels as the net takes."""
        image = read_image(path, color=self.shape[0] == 3)
        return image[:, :, ::-1].astype(np.float32) / 255

    def check(self, image: np.ndarray, what: str) -> np.ndarray:
        """An image from elsewhere, as (H, W, C) float32; ConfigError if it is none."""
        image = image.reshape(*image.shape, 1) if image.ndim == 2 else image
        if image.ndim != 3 or image.shape[2] != self.shape[0] or image.dtype.kind not in "fiu":
            raise ConfigError(
                f"{what} has shape {image.shape} and type {image.dtype}; the net takes images of "
                f"numbers (H, W, {self.shape[0]})"
            )
        return image.astype(np.float32)

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """The net's input (C, H, W) for one image, which is resized if need be."""
        x = resize(image, self.size).transpose(2, 0, 1)[self.channel_swap] * self.raw_scale
        if self.mean is not None:
            x = x - self.mean
        return x * self.input_scale

    @property
    def mean_image(self) -> np.ndarray:
        """The image (H, W, C) of which nothing but zeros is left: black without a mean."""
        if self.mean is None:
            return np.zeros((*self.size, self.shape[0]), np.float32)
        mean = np.broadcast_to(self.mean, self.shape) / self.raw_scale
        unswapped = np.empty_like(mean)
        unswapped[self.channel_swap] = mean
        return unswapped.transpose(1, 2, 0).astype(np.float32)


def load_mean(path: str, shape: tuple[int, int, int]) -> np.ndarray:
    """The mean for inputs (C, H, W), in a .npy or .binaryproto; resized if of another size."""
    mean = load_array(path) if path.endswith(".npy") else read_mean(path)
    if mean.shape == shape[:1]:
        return mean.astype(np.float32).reshape(-1, 1, 1)
    if mean.ndim == 2:
        mean = mean[None]
    elif mean.ndim == 4 and mean.shape[0] == 1:
        mean = mean[0]
    if mean.ndim != 3 or mean.shape[0] != shape[0] or not mean.size or mean.dtype.kind not in "fiu":
        raise ConfigError(
            f"-mean_file: {path} has shape {mean.shape}; the net takes ({shape[0]},) or "
            f"({shape[0]}, height, width)"
        )
    return resize(mean.astype(np.float32).transpose(1, 2, 0), shape[1:]).transpose(2, 0, 1)


def load_array(path: str | os.PathLike) -> np.ndarray:
    """The array in a .npy file; ConfigError if there is none."""
    try:
        return np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise ConfigError(f"no such file: {path} (looked for {os.path.abspath(path)})") from None
    except (OSError, ValueError, EOFError) as problem:
        raise ConfigError(f"{path}: holds no array: {problem}") from None


def resize(image: np.ndarray, size: Size) -> np.ndarray:
    """The image (H, W, C), bilinear, at another size."""
    if image.shape[:2] == size:
        return image
    return cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR).reshape(*size, -1)


def center_crop(image: np.ndarray, size: Size) -> np.ndarray:
    """The middle of an image."""
    top, left = (image.shape[0] - size[0]) // 2, (image.shape[1] - size[1]) // 2
    return image[top : top + size[0], left : left + size[1]]


def ten_crops(image: np.ndarray, size: Size) -> list[np.ndarray]:
    """The corners and the middle of an image, and their mirror images."""
    bottom, right = image.shape[0] - size[0], image.shape[1] - size[1]
    corners = [(y, x) for y in (0, bottom) for x in (0, right)]
    crops = [image[y : y + size[0], x : x + size[1]] for y, x in corners]
    crops.append(center_crop(image, size))
    return crops + [crop[:, ::-1] for crop in crops]


def _order(text: str) -> list[int]:
    """The channels in "2,1,0"; none: as they are."""
    if not text:
        return [0, 1, 2]
    words = text.split(",")
    if sorted(words) != ["0", "1", "2"]:
        raise ConfigError(f"-channel_swap: {text!r} is no order of 0,1,2")
    return [int(word) for word in words]
