"""Images as classify and detect feed them to a net: loaded, resized, normalized."""

import os
from argparse import Namespace

import numpy as np

from ..data.rgb_image import read_rgb, resize_image
from ..data.transformer import empty_image, image_transformer
from ..proto import ConfigError, read_mean
from .flags import FlagParser

Size = tuple[int, int]  # height, width


def add_flags(parser: FlagParser) -> None:
    """Declare what is done to an image."""
    parser.add_flag("mean_file", "", "the mean to subtract: .npy or .binaryproto")
    parser.add_flag("input_scale", 1.0, "multiplied with the input at last")
    parser.add_flag("raw_scale", 255.0, "multiplied with the image in [0, 1], before the mean")
    parser.add_flag("channel_swap", "2,1,0", "the order of channels; of RGB images 2,1,0 makes BGR")


class ImageInput:
    """y = (raw_scale * x[channel_swap] - mean) * input_scale, as the flags say it.

    For the input blob `name` of this shape, (N, C, H, W) with C 1 or 3.
    """

    def __init__(self, flags: Namespace, shape: tuple[int, ...], name: str):
        if len(shape) != 4 or shape[1] not in (1, 3):
            raise ConfigError(
                f"input {name!r} has shape {tuple(shape)}; images need (N, C, H, W) with C 1 or 3"
            )
        c, h, w = shape[1:]
        self.size: Size = (h, w)  # that the net takes
        self._name, self._channels = name, c
        self._transformer = image_transformer(
            name,
            shape,
            mean=load_mean(flags.mean_file, (c, h, w)) if flags.mean_file else None,
            input_scale=flags.input_scale,
            raw_scale=flags.raw_scale,
            channel_swap=_order(flags.channel_swap) if c == 3 and flags.channel_swap else None,
        )

    def load(self, path: str | os.PathLike) -> np.ndarray:
        """The image in a file, with as many channels as the net takes."""
        return read_rgb(path, color=self._channels == 3)

    def check(self, image: np.ndarray, what: str) -> np.ndarray:
        """An image from elsewhere, as (H, W, C) float32; ConfigError if it is none."""
        image = image.reshape(*image.shape, 1) if image.ndim == 2 else image
        if image.ndim != 3 or image.shape[2] != self._channels or image.dtype.kind not in "fiu":
            raise ConfigError(
                f"{what} has shape {image.shape} and type {image.dtype}; the net takes images of "
                f"numbers (H, W, {self._channels})"
            )
        return image.astype(np.float32)

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """The net's input (C, H, W) for one image, which is resized if need be."""
        return self._transformer.preprocess(self._name, image)

    @property
    def empty_image(self) -> np.ndarray:
        """The image (H, W, C) of which nothing but zeros is left: black without a mean."""
        return empty_image(self._transformer, self._name)


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
    return resize_image(mean.transpose(1, 2, 0), shape[1:]).transpose(2, 0, 1)


def load_array(path: str | os.PathLike) -> np.ndarray:
    """The array in a .npy file; ConfigError if there is none."""
    try:
        return np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise ConfigError(f"no such file: {path} (looked for {os.path.abspath(path)})") from None
    except (OSError, ValueError, EOFError) as problem:
        raise ConfigError(f"{path}: holds no array: {problem}") from None


def _order(text: str) -> list[int]:
    """The channels in "2,1,0"."""
    words = text.split(",")
    if sorted(words) != ["0", "1", "2"]:
        raise ConfigError(f"-channel_swap: {text!r} is no order of 0,1,2")
    return [int(word) for word in words]
