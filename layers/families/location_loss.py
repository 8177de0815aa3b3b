"""How far predicted codes of boxes are from the right ones: half the square, or smooth L1."""

import numpy as np

from ...proto.caffe_pb2 import MultiBoxLossParameter


def squares(d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """d^2 / 2, and its derivative."""
    return d * d / 2, d


def smooth_l1(d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """d^2 / 2 where |d| < 1, else |d| - 1/2, and its derivative, d cut to [-1, 1]."""
    slopes = np.clip(d, -1, 1)
    return slopes * (d - slopes / 2), slopes


LOCATION_LOSSES = {MultiBoxLossParameter.L2: squares, MultiBoxLossParameter.SMOOTH_L1: smooth_l1}
