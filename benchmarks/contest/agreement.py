"""Whether contestants compute the same, before anybody's time is taken."""

from pathlib import Path

import numpy as np

LIMIT = 1e-3  # of outputs, relative to the largest of each
GRADIENT_LIMIT = 5e-2  # of gradients: where a rounding error moves a ReLU, a whole number goes


def differences(ours: Path, theirs: Path) -> tuple[float, float]:
    """The largest relative difference of outputs and of gradients in two files of results."""
    outputs = gradients = 0.0
    with np.load(ours) as a, np.load(theirs) as b:
        for name in b.files:
            blob = name if name.startswith("gradient ") else name.split("@")[0]
            if name.startswith("gradient "):
                gradients = max(gradients, distance(a[blob], b[name]))
            else:
                outputs = max(outputs, largest(a[blob], b[name]))
    return outputs, gradients


def largest(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference of two arrays, relative to the largest number."""
    gap = np.abs(ours.ravel() - theirs.ravel()).max()
    return float(gap / np.abs(theirs).max()) if np.isfinite(gap) else np.inf


def distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The length of the difference of two arrays, relative to the length of one."""
    gap = np.linalg.norm(ours.ravel() - theirs.ravel())
    return float(gap / np.linalg.norm(theirs)) if np.isfinite(gap) else np.inf
