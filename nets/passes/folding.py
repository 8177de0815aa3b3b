"""In nets that only run forward, multiply BatchNorm, BN and Scale into the filters before them."""

from dataclasses import replace
from typing import TypeGuard

import numpy as np

from ...core import Array, Blob, Blobs, Calls, Layout
from ...kernels.slope import Slope
from ...layers.convolution import Convolution
from ...layers.families.affine_normalizing import AffineNormalizing
from ...layers.scale import Scale
from ..step import ForwardRunner, Runner, Step, Terms, next_reader
from .batch_normalization import is_per_channel


class FoldedConvolution(ForwardRunner):
    """A convolution whose filters and bias do what BatchNorm and Scale after it would do.

    They are computed anew whenever a weight of any of the layers may have changed.
    """

    def __init__(self, convolution: Convolution, norm: AffineNormalizing, scale: Scale | None):
        self._convolution, self._norm, self._scale = convolution, norm, scale
        filters = convolution.weights[0]
        self._filters = np.zeros(filters.shape, filters.dtype)
        self._bias = np.zeros(filters.shape[:1], filters.dtype)

    @property
    def weights(self) -> list[Blob]:
        """Those of all its layers."""
        layers = [self._convolution, self._norm, *([self._scale] if self._scale else [])]
        return [weight for layer in layers for weight in layer.weights]

    @property
    def applies_relu(self) -> bool:
        """As the convolution."""
        return self._convolution.applies_relu

    def layout(self) -> Layout:
        """That of the convolution."""
        return self._convolution.layout()

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        """The convolution's."""
        self._convolution.prepare_kernels(bottom, top)

    def bind_forward(
        self,
        bottom: Blobs,
        top: Blobs,
        *,
        constant: bool = False,
        slope: Slope | None = None,
        adds: bool = False,
    ) -> Calls:
        """As the convolution, with other filters and bias."""
        weights = self._filters, self._bias
        options = {"constant": constant, "slope": slope, "adds": adds}
        calls = self._convolution.bind_forward(bottom, top, weights=weights, **options)
        return Calls(calls.each_time, [self._fold, *calls.on_new_weights])

    def _fold(self) -> None:
        filters, *bias = [weight.data for weight in self._convolution.weights]
        factor, shift = (np.empty_like(self._bias) for _ in range(2))
        self._norm.read_factor(factor, shift)
        if bias:
            shift: Array = shift + bias[0] * factor
        if self._scale:
            gamma, *beta = [weight.data for weight in self._scale.weights]
            factor, shift = factor * gamma, shift * gamma + (beta[0] if beta else 0)
        per_output = factor.reshape(-1, *(1,) * (filters.ndim - 1))
        np.multiply(filters, per_output, out=self._filters)
        self._bias[...] = shift


def fold_batch_normalization(steps: list[Step], terms: Terms) -> list[Step]:
    """Join convolutions with the BatchNorm and Scale after them, if nobody sees between them."""
    if not terms.forward_only:
        return steps
    gone: list[Step] = []
    folded = []
    for i, step in enumerate(steps):
        if step in gone:
            continue
        after, absorbed, scale, top = next_reader(steps, i), [], None, step.tops[:1]
        if (
            after
            and isinstance(step.runner, Convolution)
            and _is_fixed(after.runner)
            and terms.may_skip(top[0], after.tops[0])
        ):
            norm, top, absorbed = after.runner, after.tops, [after]
            after = next_reader(steps, steps.index(after))
            if (
                after
                and not norm.scale_and_shift
                and is_per_channel(after.runner, top[0])
                and terms.may_skip(top[0], after.tops[0])
            ):
                scale, top = after.runner, after.tops
                absorbed.append(after)
            layers = [i for part in (step, *absorbed) for i in part.layers]
            runner = FoldedConvolution(step.runner, norm, scale)
            step = replace(step, layers=layers, runner=runner, tops=top)
            gone += absorbed
        folded.append(step)
    return folded


def _is_fixed(runner: Runner) -> TypeGuard[AffineNormalizing]:
    """Whether it multiplies each channel by a number and adds another, whatever is in the batch."""
    return isinstance(runner, AffineNormalizing) and runner.is_fixed and runner.axis == 1
