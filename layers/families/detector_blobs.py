"""What a detector gives for each prior, as the blobs of its heads hold it."""

from collections.abc import Sequence

import numpy as np

from ...core import Blob, Layer, Shape
from .fold import per_part


def boxes_of(array: np.ndarray, classes: int) -> np.ndarray:
    """Numbers of boxes (N, P * classes * 4) as (N, P, classes, 4)."""
    return array.reshape(per_part(array.shape, classes, 4))


def class_scores(array: np.ndarray, classes: int) -> np.ndarray:
    """Scores (N, P * classes) as (N, P, classes)."""
    return array.reshape(per_part(array.shape, classes))


def priors_of(blob: Blob) -> tuple[np.ndarray, np.ndarray]:
    """The boxes (P, 4) and the variances (P, 4) of a blob (1, 2, P * 4)."""
    boxes, variances = blob.data.reshape(2, -1, 4)
    return boxes, variances


def check_heads(
    layer: Layer,
    shapes: Sequence[Shape],
    classes: tuple[int, int],
    first_stage: Sequence[Shape],
    after: int,
) -> None:
    """Raise ConfigError unless the blobs of a detector fit together.

    shapes       of locations, scores and priors, bottom[0] to bottom[2]
    classes      how many classes have locations of their own, and how many have scores
    first_stage  of RefineDet's first stage, if any: scores and locations, from bottom[after] on
    """
    locations, scores, priors = shapes
    location_classes, num_classes = classes
    if len(priors) < 3 or priors[1] != 2 or np.prod(priors[2:], dtype=int) % 4:
        raise layer.error(f"bottom[2] must hold priors, (1, 2, P * 4), got shape {priors}")
    if priors[0] != 1:
        raise layer.error(f"bottom[2] has the priors of {priors[0]} images; needs one set for all")
    count = int(np.prod(priors[2:], dtype=int)) // 4
    wanted = [
        (0, locations, 4 * location_classes),
        (1, scores, num_classes),
        *zip((after, after + 1), first_stage, (2, 4), strict=False),
    ]
    for i, shape, each in wanted:
        size = int(np.prod(shape[1:], dtype=int))
        if not shape or shape[0] != locations[0] or size != count * each:
            raise layer.error(
                f"bottom[{i}] has shape {shape}; with {each} numbers for each of {count} priors it "
                f"must be ({locations[0] if locations else 'N'}, {count * each})"
            )
