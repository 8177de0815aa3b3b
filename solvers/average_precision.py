"""Average precision: how well scores tell right detections from wrong ones."""

import numpy as np

from ..proto import ConfigError

VERSIONS = ("11point", "MaxIntegral", "Integral")


def check_version(version: str, field: str) -> None:
    """Raise ConfigError unless there is such a version; field is where it was asked for."""
    if version not in VERSIONS:
        raise ConfigError(f"{field}: {version!r} is none of {', '.join(VERSIONS)}")


def average_precision(
    scores: np.ndarray, is_right: np.ndarray, objects: int, version: str
) -> float:
    """The area under the curve of precision over recall, from 0 to 1.

    scores, is_right  of each detection (n)
    objects           how many there were to find
    version           11point: the mean of the best precision at recalls of 0, 0.1, ..., 1 and
                      above (VOC 2007); MaxIntegral: the area under the best precision at each
                      recall and above (VOC 2012, ILSVRC); Integral: the plain area

    Source: ComputeAP of SSD's Caffe, whose float32 makes 7 of 10 objects a recall below 0.7.
    """
    if not len(scores) or not objects:
        return 0.0
    right = np.cumsum(is_right[np.argsort(-scores, kind="stable")])
    precision = (right / np.arange(1, len(right) + 1)).astype(np.float32)
    recall = (right / objects).astype(np.float32).astype(float)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    if version == "11point":
        reached = np.searchsorted(recall, [step / 10 for step in range(11)])
        return float(np.append(best, 0)[reached].mean(dtype=float))
    height = best if version == "MaxIntegral" else precision
    return float((np.diff(recall, prepend=0) * height).sum())
