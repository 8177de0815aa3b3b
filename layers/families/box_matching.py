"""Matching: which object each prior is to find."""

import numpy as np

NONE = -1  # matched with nothing
LEFT_OUT = -2  # neither matched nor a negative

_LEAST_OVERLAP = 1e-6  # less counts as none at all


def match_boxes(
    overlaps: np.ndarray, least: float | None, left_out: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Match priors with objects: (matches, nearest), a number for each prior.

    overlaps  (priors, objects)
    least     match more priors than one per object: those that overlap one by so much; or None
    left_out  bool (priors): priors that take no part; or None
    matches   the object of each prior, NONE or LEFT_OUT
    nearest   its overlap with that object; where there is none, the largest with any

    First every object gets a prior, pair by pair from the largest overlap down.
    Source: Liu et al., "SSD", ECCV 2016; MatchBBox of its Caffe.
    """
    matches = np.full(len(overlaps), NONE)
    overlaps = np.where(overlaps > _LEAST_OVERLAP, overlaps, 0)
    if left_out is not None:
        overlaps[left_out] = 0
        matches[left_out] = LEFT_OUT
    if not overlaps.size:
        return matches, np.zeros(len(overlaps), overlaps.dtype)
    nearest = overlaps.max(axis=1)
    free = overlaps.copy()
    for _ in range(overlaps.shape[1]):
        prior, number = divmod(int(free.argmax()), overlaps.shape[1])
        if not free[prior, number]:
            break
        matches[prior], nearest[prior] = number, free[prior, number]
        free[prior], free[:, number] = 0, 0
    if least is not None:
        more = (matches == NONE) & (nearest >= least) & (nearest > 0)
        matches[more] = overlaps[more].argmax(axis=1)
    return matches, nearest
