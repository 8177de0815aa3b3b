"""Transform: y = (x - mean) * scale, for numbers on their way into a blob."""

from math import prod

import numpy as np

from ...core import Array, Blob
from .context import Context
from .launch import Launch

_STORED = {"uint8": "unsigned char", "float32": "float"}


class Transform:
    """y = (x - mean) * scale for x on the device, which lies dense.

    x        float32 or uint8, of y's shape or, unless has_planes, (N, H, W, C)
    places   on the device, (N, 3), int32, for images: the top and left of each in the mean, and
             whether to mirror it left to right. None: all of it is 0, and x of any shape
    mean     on the host: (C, H, W), or (C or 1, 1, 1); None is 0
    """

    def __init__(
        self,
        context: Context,
        places: Array | None = None,
        mean: np.ndarray | None = None,
        scale: float = 1.0,
        has_planes: bool = True,
    ):
        self._context, self._scale = context, float(scale)
        self._places, self._has_planes = places, has_planes
        if mean is None:
            mean = np.zeros((1, 1, 1))
        c, h, w = mean.shape
        self._mean = context.constants(np.ascontiguousarray(mean, np.float32))
        self._mean_strides = h * w if c > 1 else 0, w if h > 1 else 0, int(w > 1)

    def bind(self, x: Array, blob: Blob) -> list[Launch]:
        """The launches that write blob's data."""
        y, (n, *sizes) = blob.gpu_data, blob.shape
        channels, size = 1, prod(sizes)
        if self._places is not None or blob.channels_last:
            channels, size = sizes[0], prod(sizes[1:])
        width = size if self._places is None else sizes[2]
        x_strides = (size, 1) if self._has_planes else (1, channels)
        y_strides = (1, channels) if blob.channels_last else (size, 1)
        strides = *x_strides, *y_strides, *self._mean_strides
        stored = _STORED[str(x.dtype)]
        function = self._context.function("transform.cu", "transform", y.dtype, STORED=stored)
        arrays = x, self._places, self._mean, y
        numbers = n * size, channels, size, width, *strides, self._scale
        return self._context.each(function, "transform", n * size, *arrays, *numbers)
