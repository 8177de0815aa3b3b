"""Batch samplers: which part of an image a detector is shown, drawn at random.

Source: Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016; sampler.cpp of its Caffe.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.boxes import coverages, overlaps
from ..proto import ConfigError

_FIELD = "annotated_data_param.batch_sampler"


def check_samplers(samplers: Sequence[Any]) -> None:
    """Raise ConfigError if a BatchSampler cannot be drawn from."""
    for i, batch_sampler in enumerate(samplers):
        sampler, where = batch_sampler.sampler, f"{_FIELD}[{i}].sampler"
        if not 0 < sampler.min_scale <= sampler.max_scale <= 1:
            raise ConfigError(
                f"{where}: needs 0 < min_scale <= max_scale <= 1, got {sampler.min_scale:g} and "
                f"{sampler.max_scale:g}"
            )
        if not 0 < sampler.min_aspect_ratio <= sampler.max_aspect_ratio < np.inf:
            raise ConfigError(
                f"{where}: needs 0 < min_aspect_ratio <= max_aspect_ratio, got "
                f"{sampler.min_aspect_ratio:g} and {sampler.max_aspect_ratio:g}"
            )


def sample_boxes(
    samplers: Sequence[Any], objects: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Boxes (n, 4) that satisfy the samplers' constraints; objects are the boxes (m, 4) there.

    Each sampler tries max_trials boxes and keeps the first max_sample that satisfy it. A scale is
    the root of the area, an aspect ratio width / height.
    """
    found = [np.empty((0, 4), np.float32)]
    for sampler in samplers:
        if sampler.use_original_image:
            boxes = _draw(sampler.sampler, sampler.max_trials, rng)
            boxes = boxes[_satisfying(boxes, objects, sampler.sample_constraint)]
            found.append(boxes[: sampler.max_sample] if sampler.HasField("max_sample") else boxes)
    return np.concatenate(found)


def _draw(sampler: Any, count: int, rng: np.random.Generator) -> np.ndarray:
    scale = rng.uniform(sampler.min_scale, sampler.max_scale, count)
    ratio = rng.uniform(sampler.min_aspect_ratio, sampler.max_aspect_ratio, count)
    # So that both sides fit into the image.
    ratio = np.clip(ratio, scale**2, 1 / scale**2)
    sizes = np.minimum(scale[:, None] * np.stack([ratio**0.5, ratio**-0.5], axis=1), 1)
    corners = rng.random((count, 2)) * (1 - sizes)
    return np.concatenate([corners, corners + sizes], axis=1).astype(np.float32)


def _satisfying(boxes: np.ndarray, objects: np.ndarray, constraint: Any) -> np.ndarray:
    """Whether there is an object that meets all constraints, for each box; true if there are none.

    Source: SatisfySampleConstraint, which takes half a match for one if another object follows.
    """
    measures = {
        "jaccard_overlap": overlaps,
        "sample_coverage": coverages,
        "object_coverage": lambda boxes, objects: coverages(objects, boxes),
    }
    meets = np.full((len(boxes), len(objects)), True)
    is_constrained = False
    for name, measure in measures.items():
        for bound, is_met in ((f"min_{name}", np.greater_equal), (f"max_{name}", np.less_equal)):
            if constraint.HasField(bound):
                is_constrained = True
                values = measure(boxes[:, None], objects)
                meets &= is_met(values, np.float32(getattr(constraint, bound)))
    return np.any(meets, axis=1) if is_constrained else np.full(len(boxes), True)
