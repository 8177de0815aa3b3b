"""Check a layer's backward pass against numerical differentiation of its forward pass."""

from collections.abc import Callable, Iterable

import numpy as np

from .blob import Blob
from .layer import Layer


def check_gradients(
    layer: Layer,
    bottom: list[Blob],
    top: list[Blob],
    step: float = 1e-4,
    tolerance: float = 1e-6,
    kinks: Iterable[float] = (),
    seed: int = 0,
) -> None:
    """Assert that backward gives the gradient of L = sum(top * r), r random, in float64.

    Every element of every bottom that allows a gradient, and of every weight, is moved by
    +-step. kinks: values at which the layer has no derivative; bottom elements within 2 * step
    of one are skipped. The layer must have been prepared with these blobs, which must be
    distinct: the bottoms of a layer in place are overwritten.
    """
    rng = np.random.default_rng(seed)
    layer.forward(bottom, top)
    direction = [rng.standard_normal(t.shape) for t in top]
    kinks = list(kinks)

    def loss() -> float:
        layer.forward(bottom, top)
        return sum(float((t.data * r).sum()) for t, r in zip(top, direction, strict=True))

    for t, r in zip(top, direction, strict=True):
        t.diff[...] = r
    for weight in layer.weights:
        weight.diff[...] = 0
    layer.backward(top, bottom)

    named = [
        (f"bottom[{i}]", b, kinks) for i, b in enumerate(bottom) if layer.allows_force_backward(i)
    ]
    named += [(f"weights[{i}]", w, []) for i, w in enumerate(layer.weights)]
    for name, blob, avoid in named:
        assert blob.data.dtype == np.float64, f"{name} is {blob.data.dtype}; check in float64"
        analytic = blob.diff.copy()
        for index in np.ndindex(blob.shape):
            if any(abs(blob.data[index] - kink) < 2 * step for kink in avoid):
                continue
            numeric = _slope(loss, blob, index, step)
            assert abs(analytic[index] - numeric) <= tolerance * max(1.0, abs(numeric)), (
                f"{layer.name}: d loss / d {name}{list(index)}: "
                f"backward says {analytic[index]:.9g}, differences say {numeric:.9g}"
            )


def _slope(loss: Callable[[], float], blob: Blob, index: tuple[int, ...], step: float) -> float:
    """What the loss gains per unit of one element, by a step to each side."""
    value = blob.data[index]
    blob.data[index] = value + step
    above = loss()
    blob.data[index] = value - step
    below = loss()
    blob.data[index] = value
    return (above - below) / (2 * step)
