"""LossScale: keeps small gradients from vanishing in float16, by making all of them larger.

The loss counts for scale times what it is, and the update divides by the scale. Where gradients
overflow, the update is left out and the scale halved; after many good updates it is doubled.

Source: Micikevicius et al., "Mixed Precision Training", ICLR 2018.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...core import Array, Call

if TYPE_CHECKING:
    from .context import Context

START = 2.0**16


class LossScale:
    """The scale, and how many good updates there were with it, on the device."""

    def __init__(self, context: "Context"):
        self._context = context
        self.scale: Array = context.constants(np.array([START], np.float32))
        self.good: Array = context.constants(np.zeros(1, np.int32))

    def state(self) -> dict[str, float]:
        """The two numbers, for an exact resume."""
        scale, good = np.zeros(1, np.float32), np.zeros(1, np.int32)
        self._context.gpu.download(self.scale, scale)
        self._context.gpu.download(self.good, good)
        return {"scale": float(scale[0]), "good": int(good[0])}

    def restore(self, state: dict[str, float]) -> None:
        """Go back to where state() was called."""
        self._context.gpu.upload(np.array([state["scale"]], np.float32), self.scale)
        self._context.gpu.upload(np.array([state["good"]], np.int32), self.good)

    def seed(self, tops: Sequence[tuple[Array, float]]) -> list[Call]:
        """The calls that set diffs of losses to their weights, times the scale."""
        calls = []
        for diff, weight in tops:
            seed = self._context.function("update.cu", "seed", diff.dtype)
            numbers = diff.size, float(weight), self.scale
            calls += self._context.each(seed, "loss scale", diff.size, diff, *numbers)
        return calls
