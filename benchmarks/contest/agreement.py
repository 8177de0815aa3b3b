"""Whether contestants compute the same, before anybody's time is taken."""

from pathlib import Path

import numpy as np

LIMIT = 1e-3  # of outputs, relative to the largest number of each
# Of gradients. In deep nets with BatchNorm a rounding error that turns a ReLU over goes far: the
# two layouts of torch differ by 0.04 in ResNet-50.
GRADIENT_LIMIT = 0.1
NEGLIGIBLE = 1e-3  # of the longest: gradients before a BatchNorm are zero but for rounding
GRADIENT = "gradient "  # how their names begin
FARTHER = 2  # times as far from float32 as others may we be, where both of us round

Distance = tuple[float, float]  # of outputs, and of gradients


def differences(ours: Path, theirs: Path) -> Distance:
    """The largest relative difference of outputs, and of gradients, in two files of results."""
    with np.load(ours) as a, np.load(theirs) as b:
        outputs = [name for name in b.files if not name.startswith(GRADIENT)]
        gradients = [name for name in b.files if name.startswith(GRADIENT)]
        return (
            max(_largest_gap(a[_found(name, a.files)], b[name]) for name in outputs),
            worst_distance({n: a[n] for n in gradients}, {n: b[n] for n in gradients}),
        )


def is_close(ours: Distance, theirs: Distance = (0.0, 0.0)) -> bool:
    """Whether we are as near to exact results as can be asked of us.

    theirs   how far others are, who round as we do
    """
    limits = zip(ours, theirs, (LIMIT, GRADIENT_LIMIT), strict=True)
    return all(a <= limit + FARTHER * b for a, b, limit in limits)


def _found(value: str, blobs: list[str]) -> str:
    """What is called so in a file, or the blob that held the value."""
    return value if value in blobs else value.split("@")[0]


def worst_distance(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> float:
    """The length of the difference, relative to that of theirs; the worst of all arrays."""
    lengths = {name: float(np.linalg.norm(values)) for name, values in theirs.items()}
    least = NEGLIGIBLE * max(lengths.values(), default=0)
    return max(
        (
            _finite(np.linalg.norm(ours[name].ravel() - values.ravel())) / max(lengths[name], least)
            for name, values in theirs.items()
        ),
        default=0.0,
    )


def _largest_gap(ours: np.ndarray, theirs: np.ndarray) -> float:
    return _finite(np.abs(ours.ravel() - theirs.ravel()).max() / np.abs(theirs).max())


def _finite(value: np.floating) -> float:
    """A number that is larger than all limits, if it is none."""
    return float(value) if np.isfinite(value) else np.inf
