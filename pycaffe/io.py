"""caffe.io: images to the arrays that nets take, and arrays to Caffe's messages and back.

Images are (H, W, K) float32 arrays, RGB, in [0, 1]: Transformer makes net inputs of them. OpenCV
reads and resizes, and loads on first use.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cortado.proto.blob import decode_blob, encode_blob
from cortado.proto.wire import WireError

from .proto import caffe_pb2

_GREY = np.array([0.2125, 0.7154, 0.0721], np.float32)  # of R, G, B: scikit-image's weights
_MOST_CHANNELS = 4  # that OpenCV resizes at once, whatever the interpolation


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
        image = np.array(data).squeeze()
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


def load_image(filename: Any, color: bool = True) -> np.ndarray:
    """The image in a file, or a file object: (H, W, 3) RGB in [0, 1], or (H, W, 1) without color.

    Grey images become three equal channels; transparency is left out.
    """
    from cortado.data.image import decode_image, read_image

    if hasattr(filename, "read"):
        image = decode_image(filename.read(), color=True)
    elif not Path(filename).is_file():
        raise FileNotFoundError(f"Could not open file {os.fspath(filename)}")
    else:
        image = read_image(filename, color=True)
    image = image[..., ::-1].astype(np.float32) / 255
    return image if color else (image @ _GREY)[..., None]


def resize_image(im: np.ndarray, new_dims: Sequence[int], interp_order: int = 1) -> np.ndarray:
    """The image (H, W, K) as float32 of size new_dims, (height, width).

    interp_order is 0 for the nearest pixel, 1 for linear, 3 for cubic interpolation; pixels are
    squares, whose centres are what is interpolated between.
    """
    import cv2

    methods = {0: cv2.INTER_NEAREST_EXACT, 1: cv2.INTER_LINEAR, 3: cv2.INTER_CUBIC}
    if interp_order not in methods:
        raise ValueError(f"interp_order is {interp_order}; 0, 1 and 3 are known")
    image = np.asarray(im, np.float32)
    if image.ndim != 3 or not image.size:
        raise ValueError(f"an image is (height, width, channels); got shape {image.shape}")
    height, width = map(int, new_dims)
    resized = np.empty((height, width, image.shape[2]), np.float32)
    for first in range(0, image.shape[2], _MOST_CHANNELS):
        some = slice(first, first + _MOST_CHANNELS)
        part = np.ascontiguousarray(image[..., some])
        part = cv2.resize(part, (width, height), interpolation=methods[interp_order])
        resized[..., some] = part.reshape(height, width, -1)
    return resized


def oversample(images: Iterable[np.ndarray], crop_dims: Sequence[int]) -> np.ndarray:
    """Ten crops of each image (H, W, K), all of one size, as (10 N, *crop_dims, K) float32.

    Of each image the corners (top left, top right, bottom left, bottom right) and the centre, then
    the same five mirrored.
    """
    images = [np.asarray(image) for image in images]
    if not images:
        raise ValueError("oversample needs at least one image")
    height, width, channels = images[0].shape
    h, w = map(int, crop_dims)
    if not (0 < h <= height and 0 < w <= width):
        raise ValueError(f"crops of {(h, w)} do not fit into images of {(height, width)}")
    places = [(y, x) for y in (0, height - h) for x in (0, width - w)]
    places.append(((height - h) // 2, (width - w) // 2))
    crops = np.empty((len(images), 2, len(places), h, w, channels), np.float32)
    for image, (plain, mirrored) in zip(images, crops, strict=True):
        for i, (y, x) in enumerate(places):
            plain[i] = image[y : y + h, x : x + w]
        mirrored[...] = plain[:, :, ::-1]
    return crops.reshape(-1, h, w, channels)


def blobproto_to_array(blob: caffe_pb2.BlobProto, return_diff: bool = False) -> np.ndarray:
    """The data of a BlobProto, or its diff, in its shape."""
    record = blob.SerializeToString()
    try:
        return decode_blob(record, 0, len(record), return_diff)[0].copy()
    except WireError as problem:
        raise ValueError(f"no array can be made of the BlobProto: {problem.problem}") from None


def array_to_blobproto(arr: np.ndarray, diff: np.ndarray | None = None) -> caffe_pb2.BlobProto:
    """A BlobProto of an array, and of a diff of the same shape if given; float32."""
    arr = np.asarray(arr, np.float32)
    if diff is not None and np.shape(diff) != arr.shape:
        raise ValueError(f"diff has shape {np.shape(diff)}, data {arr.shape}; they must agree")
    diff = None if diff is None else np.asarray(diff, np.float32)
    return caffe_pb2.BlobProto.FromString(b"".join(encode_blob(arr, diff)))


def arraylist_to_blobprotovector_str(arraylist: Iterable[np.ndarray]) -> bytes:
    """The bytes of a BlobProtoVector of these arrays."""
    return caffe_pb2.BlobProtoVector(blobs=map(array_to_blobproto, arraylist)).SerializeToString()


def blobprotovector_str_to_arraylist(str: bytes) -> list[np.ndarray]:
    """The arrays in the bytes of a BlobProtoVector."""
    return [blobproto_to_array(blob) for blob in caffe_pb2.BlobProtoVector.FromString(str).blobs]


def array_to_datum(arr: np.ndarray, label: int | None = None) -> caffe_pb2.Datum:
    """A Datum of an array (C, H, W): of its bytes if it is uint8, else of floats."""
    arr = np.asarray(arr)
    if arr.ndim != 3:
        raise ValueError(f"a Datum holds (channels, height, width); got shape {arr.shape}")
    channels, height, width = arr.shape
    datum = caffe_pb2.Datum(channels=channels, height=height, width=width)
    if arr.dtype == np.uint8:
        datum.data = arr.tobytes()
    else:
        datum.float_data.extend(arr.astype(np.float32).ravel())
    if label is not None:
        datum.label = int(label)
    return datum


def datum_to_array(datum: caffe_pb2.Datum) -> np.ndarray:
    """The array (C, H, W) of a Datum: uint8, or float32; an encoded image is decoded (BGR)."""
    from cortado.data.datum import datum_array

    return datum_array(datum).copy()
