"""Images into a batch: crop, mirror, subtract the mean and scale, in one pass.

A row of pixels goes through a block of bytes, a channel after the other, so that what is computed
reads and writes runs of memory. The order of operations is that of array code: the results are
the same, bit for bit.
"""

import numpy as np
from numba import njit

_compiled = njit(cache=True, nogil=True, error_model="numpy")


class Transform:
    """What kernels.cpu's prepare_transform says."""

    def __call__(self, x, y, chances, crops, mirrors, mean, scale) -> bool:
        if x.flags.c_contiguous:
            _planes(x, y, chances, crops, mirrors, mean, scale)
            return True
        n, c, h, w = x.shape
        pixels = x.transpose(0, 2, 3, 1)
        if pixels.flags.c_contiguous:
            _pixels(pixels.reshape(n, h, w * c), y, chances, crops, mirrors, mean, scale)
            return True
        return False


@njit(inline="always")
def _offset(chances, item, axis, crops, room):
    """Where the crop of an item begins along an axis that has so much room for it."""
    return int(chances[item, axis] * (room + 1)) if crops else room // 2


@njit(inline="always")
def _finish(x, y, mean, scale, flip):
    """A row of one channel; mean has one number, or one for each pixel."""
    number, last = y.dtype.type, np.uint64(len(y) - 1)
    if len(mean) == 1 and flip:
        for i in range(len(y)):
            y[i] = (number(x[last - np.uint64(i)]) - mean[0]) * scale
    elif len(mean) == 1:
        for i in range(len(y)):
            y[i] = (number(x[i]) - mean[0]) * scale
    elif flip:
        for i in range(len(y)):
            y[i] = (number(x[last - np.uint64(i)]) - mean[last - np.uint64(i)]) * scale
    else:
        for i in range(len(y)):
            y[i] = (number(x[i]) - mean[i]) * scale


@njit(inline="always")
def _mean_row(mean, channel, row, left, width):
    """The mean of a row of the crop: of its pixels, or one number."""
    plane = mean[min(channel, len(mean) - 1)]
    return plane[0] if plane.size == 1 else plane[row, left : left + width]


@_compiled
def _planes(x, y, chances, crops, mirrors, mean, scale):
    """Images (n, C, H, W)."""
    n, channels, height, width = y.shape
    for item in range(n):
        top = _offset(chances, item, 0, crops, x.shape[2] - height)
        left = _offset(chances, item, 1, crops, x.shape[3] - width)
        flip = mirrors and chances[item, 2] < 0.5
        for c in range(channels):
            for row in range(height):
                means = _mean_row(mean, c, top + row, left, width)
                pixels = x[item, c, top + row, left : left + width]
                _finish(pixels, y[item, c, row], means, scale, flip)


@njit(inline="always")
def _separate(pixels, block):
    """Put the channels of a row of pixels one below the other."""
    channels, width = block.shape
    # Strides known to the compiler make loads of vectors.
    if channels == 3:
        first, second, third = block[0], block[1], block[2]
        for i in range(width):
            place = np.uint64(i) * np.uint64(3)
            first[i] = pixels[place]
            second[i] = pixels[place + np.uint64(1)]
            third[i] = pixels[place + np.uint64(2)]
        return
    for c in range(channels):
        for i in range(width):
            block[c, i] = pixels[i * channels + c]


@_compiled
def _pixels(x, y, chances, crops, mirrors, mean, scale):
    """Images (n, H, W * C)."""
    n, channels, height, width = y.shape
    block = np.empty((channels, width), x.dtype)
    for item in range(n):
        top = _offset(chances, item, 0, crops, x.shape[1] - height)
        left = _offset(chances, item, 1, crops, x.shape[2] // channels - width)
        flip = mirrors and chances[item, 2] < 0.5
        for row in range(height):
            _separate(x[item, top + row, left * channels : (left + width) * channels], block)
            for c in range(channels):
                means = _mean_row(mean, c, top + row, left, width)
                _finish(block[c], y[item, c, row], means, scale, flip)
