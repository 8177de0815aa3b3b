"""Boxes: rows (xmin, ymin, xmax, ymax), mostly as fractions of an image, and how they overlap."""

import numpy as np

UNIT = np.array([0, 0, 1, 1], np.float32)  # the whole image


def areas(boxes: np.ndarray, pixel: float = 0) -> np.ndarray:
    """The area of each box (..., 4); 0 where a corner is on the wrong side of the other.

    pixel is what to add to a side: 1 where corners are pixels that lie inside, 0 for fractions.
    """
    sides = boxes[..., 2:] - boxes[..., :2]
    wrong = (sides < 0).any(axis=-1)
    sides = sides + sides.dtype.type(pixel)
    return np.where(wrong, 0, sides[..., 0] * sides[..., 1])


def intersections(a: np.ndarray, b: np.ndarray, pixel: float = 0) -> np.ndarray:
    """The area that each box of a (..., 4) has in common with one of b, broadcast."""
    low = np.maximum(a[..., :2], b[..., :2])
    sides = np.minimum(a[..., 2:], b[..., 2:]) - low
    # Boxes side by side have nothing in common, not even a row of pixels.
    apart = (sides < 0).any(axis=-1)
    sides += sides.dtype.type(pixel)
    return np.where(apart, 0, np.maximum(sides, 0).prod(axis=-1))


def overlaps(a: np.ndarray, b: np.ndarray, pixel: float = 0) -> np.ndarray:
    """The Jaccard overlap of boxes a (..., 4) and b, broadcast: common area / area of both."""
    common = intersections(a, b, pixel)
    union = areas(a, pixel) + areas(b, pixel) - common
    return np.where(common > 0, common / np.where(common > 0, union, 1), 0)


def coverages(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How much of each box of a (..., 4) lies in one of b, broadcast, from 0 to 1."""
    common = intersections(a, b)
    return np.where(common > 0, common / np.where(common > 0, areas(a), 1), 0)


def project(boxes: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Boxes (..., 4) as fractions of a window (4), which may reach out of it."""
    corner, size = window[:2], window[2:] - window[:2]
    return (boxes - np.tile(corner, 2)) / np.tile(size, 2)


def locate(boxes: np.ndarray, window: np.ndarray) -> np.ndarray:
    """What project makes boxes (..., 4) of, turned back: fractions of a window in the image's."""
    corner, size = window[:2], window[2:] - window[:2]
    return np.tile(corner, 2) + boxes * np.tile(size, 2)
