"""What is done to an image before a net sees it."""

from collections.abc import Sequence

import numpy as np

from .rgb_image import resize_image


class Transformer:
    """Turns images into what the named inputs of a net want, and back.

    inputs   {name: shape}, the shapes (N, K, H, W)

    preprocess resizes to (H, W), transposes, swaps channels, multiplies by the raw scale,
    subtracts the mean and multiplies by the input scale, in this order; what was not set is left
    out. deprocess undoes all but the resizing.
    """

    def __init__(self, inputs: dict[str, Sequence[int]]):
        self.inputs = {name: tuple(shape) for name, shape in inputs.items()}
        self.transpose: dict[str, Sequence[int]] = {}
        self.channel_swap: dict[str, Sequence[int]] = {}
        self.raw_scale: dict[str, float] = {}
        self.mean: dict[str, np.ndarray] = {}
        self.input_scale: dict[str, float] = {}

    def preprocess(self, in_: str, data: np.ndarray) -> np.ndarray:
        """The input in_ of an image (H, W, K): (K, H, W) if transposed so. data stays as it is."""
        self._check(in_)
        size = self.inputs[in_][2:]
        image = np.asarray(data, np.float32)
        if image.shape[:2] != size:
            image = resize_image(image, size)
        if in_ in self.transpose:
            image = image.transpose(self.transpose[in_])
        if in_ in self.channel_swap:
            image = image[np.array(self.channel_swap[in_])]
        if in_ in self.raw_scale:
            image = image * np.float32(self.raw_scale[in_])
        if in_ in self.mean:
            image = image - self.mean[in_]
        if in_ in self.input_scale:
            image = image * np.float32(self.input_scale[in_])
        return image

    def deprocess(self, in_: str, data: np.ndarray) -> np.ndarray:
        """The image that preprocess made an input of; axes of size 1 are left out."""
        self._check(in_)
        return self.deprocess_array(in_, np.array(data).squeeze())

    def deprocess_array(self, in_: str, image: np.ndarray) -> np.ndarray:
        """The image that preprocess made this array of, all of whose axes are meant."""
        if in_ in self.input_scale:
            image = image / self.input_scale[in_]
        if in_ in self.mean:
            image = image + self.mean[in_]
        if in_ in self.raw_scale:
            image = image / self.raw_scale[in_]
        if in_ in self.channel_swap:
            image = image[np.argsort(self.channel_swap[in_])]
        if in_ in self.transpose:
            image = image.transpose(np.argsort(self.transpose[in_]))
        return image

    def set_transpose(self, in_: str, order: Sequence[int]) -> None:
        """Order the axes of an image so; (2, 0, 1) makes (K, H, W) of (H, W, K)."""
        self._check(in_)
        axes = len(self.inputs[in_]) - 1
        if sorted(order) != list(range(axes)):
            raise ValueError(
                f"transpose of {in_!r}: {tuple(order)} does not order the {axes} axes of an image"
            )
        self.transpose[in_] = order

    def set_channel_swap(self, in_: str, order: Sequence[int]) -> None:
        """Order the channels so; (2, 1, 0) makes BGR of RGB. They must be the first axis."""
        self._check(in_)
        channels = self.inputs[in_][1]
        if sorted(order) != list(range(channels)):
            raise ValueError(
                f"channel swap of {in_!r}: {tuple(order)} does not order {channels} channels"
            )
        self.channel_swap[in_] = order

    def set_raw_scale(self, in_: str, scale: float) -> None:
        """Multiply by scale before the mean; 255 makes [0, 255] of [0, 1]."""
        self._check(in_)
        self.raw_scale[in_] = scale

    def set_mean(self, in_: str, mean: np.ndarray) -> None:
        """Subtract mean: one number for each channel, or an image (K, H, W), resized if need be."""
        self._check(in_)
        mean = np.asarray(mean, np.float32)
        shape = self.inputs[in_][1:]
        if mean.ndim == 1:
            mean = mean[:, None, None]
        elif mean.ndim == 2:
            mean = mean[None]
        if mean.ndim != 3 or len(mean) not in (1, shape[0]):
            raise ValueError(
                f"mean of {in_!r}: shape {mean.shape} is neither a number for each of the "
                f"{shape[0]} channels nor an image of them, (channels, height, width)"
            )
        if mean.shape[1:] not in ((1, 1), shape[1:]):
            mean = resize_image(mean.transpose(1, 2, 0), shape[1:]).transpose(2, 0, 1)
        self.mean[in_] = mean

    def set_input_scale(self, in_: str, scale: float) -> None:
        """Multiply by scale after the mean."""
        self._check(in_)
        self.input_scale[in_] = scale

    def _check(self, in_: str) -> None:
        if in_ not in self.inputs:
            raise ValueError(f"{in_!r} is not one of the net's inputs: {', '.join(self.inputs)}")


def image_transformer(
    name: str,
    shape: Sequence[int],
    mean: np.ndarray | None = None,
    input_scale: float | None = None,
    raw_scale: float | None = None,
    channel_swap: Sequence[int] | None = None,
) -> Transformer:
    """The Transformer of images (H, W, K) to one input (N, K, H, W); None leaves a step out."""
    transformer = Transformer({name: shape})
    transformer.set_transpose(name, (2, 0, 1))
    if channel_swap is not None:
        transformer.set_channel_swap(name, channel_swap)
    if raw_scale is not None:
        transformer.set_raw_scale(name, raw_scale)
    if mean is not None:
        transformer.set_mean(name, mean)
    if input_scale is not None:
        transformer.set_input_scale(name, input_scale)
    return transformer


def empty_image(transformer: Transformer, name: str) -> np.ndarray:
    """The image (H, W, K) that preprocess turns into zeros: black where there is no mean."""
    return transformer.deprocess_array(name, np.zeros(transformer.inputs[name][1:], np.float32))
