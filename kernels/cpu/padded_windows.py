"""PaddedWindows: a chunk of images with a border of zeros, seen window by window."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ...core import Shape, Window


class PaddedWindows:
    """Scratch space for images (n, C, *size), n up to `images`.

    Its windows are a view (n, C, *kernel, *out): im2col reads through it after load(), col2im
    adds through it before unload(). One object serves one of the two: load() relies on a border,
    add() on an image, that is zero.
    """

    def __init__(self, images: int, channels: int, size: Shape, window: Window, dtype: Any):
        axes = window.axes
        padded_size = (n + 2 * p for n, p in zip(size, window.pad, strict=True))
        self._padded = np.zeros((images, channels, *padded_size), dtype)
        inside = (slice(p, p + n) for n, p in zip(size, window.pad, strict=True))
        self._interior = self._padded[:, :, *inside]

        spatial = tuple(range(2, 2 + axes))
        windows = sliding_window_view(self._padded, window.extent, spatial, writeable=True)
        windows = windows[
            :,
            :,
            *(slice(None, None, s) for s in window.stride),
            *(slice(None, None, d) for d in window.dilation),
        ]
        self._windows = windows.transpose(0, 1, *(a + axes for a in spatial), *spatial)
        self._taps = [(slice(None), slice(None), *tap) for tap in np.ndindex(*window.kernel)]

    def load(self, x):
        """Take over images x (n, C, *size) and return their windows (n, C, *kernel, *out)."""
        self._interior[: len(x)] = x
        return self._windows[: len(x)]

    def add(self, columns, rows: slice = slice(None)) -> None:
        """Add columns (n, C, *kernel, *out), or these rows of out's first axis, to the images."""
        windows = self._windows[: len(columns)]
        for tap in self._taps:
            windows[tap][:, :, rows] += columns[tap]

    def unload(self, dx) -> None:
        """Write the sums to dx (n, C, *size) and start again from zero."""
        dx[...] = self._interior[: len(dx)]
        self._padded.fill(0)
