"""Factories for boxes and regions of images."""

from ... import numba
from .. import thresholds


def prepare_suppression(count: int):
    """Thins out boxes (n, 4), sorted by falling score, that overlap one before by too much.

    A function of boxes, threshold, eta, kept: kept (n) becomes whether each overlaps every one
    that is kept before it by at most threshold, which each box kept multiplies by eta while it is
    above 0.5. None for so few priors that array code is as fast.
    """
    if count < thresholds.FEW_BOXES or not numba.available():
        return None
    from ...numba.suppression import suppress_sorted

    return suppress_sorted


def prepare_pixel_suppression():
    """Non-maximum suppression of boxes (x1, y1, x2, y2) in pixels, ends inclusive, best first.

    A function of boxes (N, 4), threshold and how many to keep at most, which gives the places of
    those kept; None where array code has to do it
    """
    if not numba.available():
        return None
    from ...numba.pixel_suppression import suppress

    return suppress


def prepare_region_max():
    """The largest number of each window of each region; see region_pooling.

    forward(x, items, rows, columns, y), then backward(dy, items, dx)
    """
    if numba.available():
        from ...numba.region_pooling import RegionMax
    else:
        from ..region_pooling import RegionMax
    return RegionMax()


def prepare_region_mean():
    """The mean of each window of each region, with channels of its own; see region_pooling.

    forward(x, items, rows, columns, y), backward(dy, items, rows, columns, dx)
    """
    if numba.available():
        from ...numba.region_pooling import RegionMean
    else:
        from ..region_pooling import RegionMean
    return RegionMean()
