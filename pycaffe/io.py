"""caffe.io: images to the arrays that nets take, and arrays to Caffe's messages and back.

Images are (H, W, K) float32 arrays, RGB, in [0, 1]: Transformer makes net inputs of them.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cortado.data import rgb_image
from cortado.data.rgb_image import decode_rgb, read_rgb, ten_crops
from cortado.data.transformer import Transformer  # noqa: F401 - the name scripts know
from cortado.proto.blob import decode_blob, encode_blob
from cortado.proto.wire import WireError

from .proto import caffe_pb2


def load_image(filename: Any, color: bool = True) -> np.ndarray:
    """The image in a file, or a file object: (H, W, 3) RGB in [0, 1], or (H, W, 1) without color.

    Grey images become three equal channels; transparency is left out.
    """
    if hasattr(filename, "read"):
        return decode_rgb(filename.read(), color)
    if not Path(filename).is_file():
        raise FileNotFoundError(f"Could not open file {os.fspath(filename)}")
    return read_rgb(filename, color)


def resize_image(im: np.ndarray, new_dims: Sequence[int], interp_order: int = 1) -> np.ndarray:
    """The image (H, W, K) as float32 of size new_dims, (height, width).

    interp_order is 0 for the nearest pixel, 1 for linear, 3 for cubic interpolation; pixels are
    squares, whose centres are what is interpolated between.
    """
    return rgb_image.resize_image(im, new_dims, interp_order)


def oversample(images: Iterable[np.ndarray], crop_dims: Sequence[int]) -> np.ndarray:
    """Ten crops of each image (H, W, K), all of one size, as (10 N, *crop_dims, K) float32.

    Of each image the corners (top left, top right, bottom left, bottom right) and the centre, then
    the same five mirrored.
    """
    images = [np.asarray(image) for image in images]
    if not images:
        raise ValueError("oversample needs at least one image")
    size = height, width = tuple(map(int, crop_dims))
    for image in images:
        if not (0 < height <= image.shape[0] and 0 < width <= image.shape[1]):
            raise ValueError(f"crops of {size} do not fit into images of {image.shape[:2]}")
    return np.array([crop for image in images for crop in ten_crops(image, size)], np.float32)


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
