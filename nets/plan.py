"""The plan: a step as a flat list of calls, with everything looked up beforehand."""

from collections.abc import Callable
from functools import partial

import numpy as np

from ..core import Blob, Layer, Shape
from ..proto import ConfigError

Call = Callable[[], None]


class Plan:
    """Runs the layers of a net, forward and backward, over blobs bound once.

    Shapes are followed too: when an input has another shape than the last time, or a layer such
    as Filter gave tops of another shape, the layers below are prepared anew before they run.
    """

    def __init__(
        self,
        layers: list[Layer],
        bottoms: list[list[Blob]],
        tops: list[list[Blob]],
        loss_weights: list[list[float]],
        runs_backward: list[bool],
    ):
        self._layers, self._bottoms, self._tops = layers, bottoms, tops
        self._forward = [_bind_forward(*step) for step in zip(layers, bottoms, tops, strict=True)]
        self._backward: list[tuple[int, Call]] = [
            (i, _bind_backward(layers[i], tops[i], bottoms[i]))
            for i in reversed(range(len(layers)))
            if runs_backward[i]
        ]
        self._losses = [
            (i, top, weight)
            for i, (blobs, weights) in enumerate(zip(tops, loss_weights, strict=True))
            for top, weight in zip(blobs, weights, strict=True)
            if weight
        ]
        self._varying = {i for i, layer in enumerate(layers) if layer.shapes_vary}
        self._sources = [blob for i, blobs in enumerate(tops) if not bottoms[i] for blob in blobs]
        self._prepared = [_shapes(i, bottoms, tops) for i in range(len(layers))]
        self._source_shapes = [blob.shape for blob in self._sources]
        self._seeded: list[Shape | None] = [None] * len(self._losses)
        self._seed_losses()

    def forward(self, start: int, end: int) -> float:
        """Run layers start to end, both included; returns their weighted loss."""
        if [blob.shape for blob in self._sources] != self._source_shapes:
            self.reshape(0)
        i = start
        with np.errstate(all="ignore"):  # NaNs travel on; the solver says where they began
            try:
                for i in range(start, end + 1):
                    self._forward[i]()
                    if i in self._varying:
                        self.reshape(i + 1)
            except ConfigError as problem:
                raise self._explained(problem, i) from None
            return sum(
                weight * float(top.data.sum())
                for i, top, weight in self._losses
                if start <= i <= end
            )

    def backward(self, start: int, end: int) -> None:
        """Run the layers from start down to end, both included, that need it, backward."""
        with np.errstate(all="ignore"):
            for i, call in self._backward:
                if end <= i <= start:
                    call()

    def runs_backward(self, layer: int) -> bool:
        """Whether backward does anything for layer number `layer`."""
        return any(i == layer for i, _ in self._backward)

    def reshape(self, start: int) -> None:
        """Prepare every layer from `start` on whose blobs have other shapes than before."""
        for i in range(start, len(self._layers)):
            # Layers without bottoms have no shapes to follow: theirs are set from outside.
            if self._bottoms[i] and _shapes(i, self._bottoms, self._tops) != self._prepared[i]:
                self._layers[i].reshape(self._bottoms[i], self._tops[i])
                self._prepared[i] = _shapes(i, self._bottoms, self._tops)
        self._source_shapes = [blob.shape for blob in self._sources]
        self._seed_losses()

    def _seed_losses(self) -> None:
        """The gradient of the loss with respect to a loss top of a new shape is its weight."""
        for k, (_, top, weight) in enumerate(self._losses):
            if self._seeded[k] != top.shape:
                top.diff[...] = weight
                self._seeded[k] = top.shape

    def _explained(self, problem: ConfigError, i: int) -> ConfigError:
        """The problem, with the record that it came from if a data layer knows."""
        describe = getattr(self._source_of_labels(i), "describe_item", None)
        if problem.item is None or describe is None:
            return problem
        return ConfigError(f"{problem} (item {problem.item} is {describe(problem.item)})")

    def _source_of_labels(self, i: int) -> Layer:
        """The layer without bottoms that bottom[1] of layer i, or its only one, comes from."""
        bottoms = self._bottoms[i][:2]
        while bottoms:
            blob = bottoms[-1]
            i = max(j for j in range(i) if any(top is blob for top in self._tops[j]))
            bottoms = self._bottoms[i][:1]
        return self._layers[i]


def _bind_forward(layer: Layer, bottom: list[Blob], top: list[Blob]) -> Call:
    return partial(layer.forward_gpu if layer.on_gpu else layer.forward_cpu, bottom, top)


def _bind_backward(layer: Layer, top: list[Blob], bottom: list[Blob]) -> Call:
    return partial(layer.backward_gpu if layer.on_gpu else layer.backward_cpu, top, bottom)


def _shapes(i: int, bottoms: list[list[Blob]], tops: list[list[Blob]]) -> list[Shape]:
    return [blob.shape for blob in bottoms[i] + tops[i]]
