"""Preprocessing: what is done to a picture before a net sees it, in NumPy and as ONNX nodes."""

from dataclasses import dataclass

import numpy as np

from ...core import Shape
from ...proto import ConfigError
from .onnx_graph import OnnxGraph


@dataclass
class Preprocessing:
    """y = (x with its channels swapped, if so, less mean) * scale, for pictures (N, C, H, W).

    mean  numbers (C) or an image (C, H, W), in the order of channels that the net takes
    """

    mean: np.ndarray | None = None
    scale: float = 1.0
    swaps_channels: bool = False

    @property
    def changes_nothing(self) -> bool:
        """Whether a net sees pictures as they are."""
        return self.mean is None and self.scale == 1 and not self.swaps_channels

    def check(self, name: str, shape: Shape) -> None:
        """Raise ConfigError unless pictures for this input can be prepared so."""
        if self.changes_nothing:
            return
        if len(shape) != 4:
            raise ConfigError(
                f"input {name!r} has shape {tuple(shape)}; -mean, -scale and -swap_channels are "
                "for pictures (N, C, H, W)"
            )
        c, h, w = shape[1:]
        if self.swaps_channels and c != 3:
            raise ConfigError(f"-swap_channels: input {name!r} has {c} channels, not 3")
        if self.mean is not None and self.mean.shape not in ((c,), (1,), (c, h, w)):
            raise ConfigError(
                f"-mean: has shape {self.mean.shape}; input {name!r} takes ({c},), one number for "
                f"all channels, or an image ({c}, {h}, {w})"
            )

    def apply(self, x: np.ndarray) -> np.ndarray:
        """What the net sees of pictures x."""
        y = x[:, ::-1] if self.swaps_channels else x
        if self.mean is not None:
            y = y - self._spread_mean()
        return (y * np.float32(self.scale)).astype("float32")

    def write(self, graph: OnnxGraph, x: str) -> str:
        """The value that the net sees, of the input x."""
        name = f"{x}/preprocessing"
        if self.swaps_channels:
            order = graph.constant(np.array([2, 1, 0]), f"{name}/order")
            x = graph.node("Gather", [x, order], 1, name, axis=1)[0]
        if self.mean is not None:
            mean = graph.constant(self._spread_mean(), f"{name}/mean")
            x = graph.node("Sub", [x, mean], 1, name)[0]
        if self.scale != 1:
            scale = graph.constant(np.array(self.scale, "float32"), f"{name}/scale")
            x = graph.node("Mul", [x, scale], 1, name)[0]
        return x

    def facts(self, in_model: bool) -> dict[str, str]:
        """What to write into a model's metadata."""
        found = {}
        if self.mean is not None:
            values = self.mean if self.mean.ndim == 1 else self.mean.mean(axis=(1, 2))
            found["mean"] = ",".join(f"{value:.9g}" for value in values)
        if self.scale != 1:
            found["scale"] = f"{self.scale:.9g}"
        if self.swaps_channels or self.mean is not None and len(self.mean) == 3:
            found["channel_order"] = "RGB" if self.swaps_channels and in_model else "BGR"
        if found:
            found["preprocessing"] = "in the model" if in_model else "before the model"
        return found

    def _spread_mean(self) -> np.ndarray:
        mean = np.asarray(self.mean, "float32")
        return mean.reshape(1, -1, 1, 1) if mean.ndim == 1 else mean[None]
