"""In nets that only run forward, let a convolution read the parts of a Concat where they lie."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ...core import Blob, Blobs, Calls, Layout
from ...layers.concat import Concat
from ...layers.convolution import Convolution
from ..step import ForwardRunner, Step, Terms, next_reader
from .relu import WithReLU


class ConvolutionOfParts(ForwardRunner):
    """y = ReLU(sum over parts i of filters[:, channels of i] correlated with x_i + bias).

    That is the convolution of the parts side by side, which nobody puts there.
    """

    def __init__(self, concat: Concat, joined: Blob, convolution: Convolution, relu: Any):
        self._concat, self._joined = concat, joined
        self._convolution, self._relu = convolution, relu

    @property
    def weights(self) -> list[Blob]:
        """Those of the convolution."""
        return self._convolution.weights

    def layout(self) -> Layout:
        """That of the convolution."""
        return self._convolution.layout()

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        """One for each part, or both layers' own where these cannot add."""
        self._kernels = [self._kernel_of(part, top[0]) for part in bottom]
        self._adds = all(getattr(kernel, "applies_relu", False) for kernel in self._kernels)
        if not self._adds:
            joined = [self._joined]
            self._concat.reshape(bottom, joined)
            (self._relu or self._convolution).prepare_kernels(joined, top)

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        """A call for each part; the last one applies the ReLU."""
        if not self._adds:
            joined = [self._joined]
            last = self._relu or self._convolution
            first = self._concat.bind_forward(bottom, joined)
            return first.then(last.bind_forward(joined, top, constant=constant))
        filters, *bias = [weight.data for weight in self.weights]
        calls, end, y = Calls([]), 0, top[0].data
        for i, (kernel, part) in enumerate(zip(self._kernels, bottom, strict=True)):
            start, end = end, end + part.shape[1]
            own = np.empty((len(filters), part.shape[1], *filters.shape[2:]), filters.dtype)
            cut = Calls([], [partial(np.copyto, own, filters[:, start:end])])
            bound = kernel.bind_forward(
                part.data,
                own,
                bias[0] if bias and i == 0 else None,
                y,
                slope=self._relu.slope if self._relu and end == filters.shape[1] else None,
                adds=i > 0,
                constant=constant,
            )
            calls = calls.then(cut).then(bound)
        return calls

    def _kernel_of(self, part: Blob, top: Blob) -> Any:
        layer = self._convolution
        return layer.make_kernel(part.shape, **layer.placing(part, top))


def read_parts(steps: list[Step], terms: Terms) -> list[Step]:
    """Join each Concat with the convolution that alone reads it, where that writes less."""
    if not terms.forward_only:
        return steps
    gone: list[Step] = []
    joined = []
    for i, step in enumerate(steps):
        if step in gone:
            continue
        after = next_reader(steps, i)
        convolution, relu = _convolution_of(after)
        if (
            after
            and convolution
            and isinstance(step.runner, Concat)
            and _sees_channels(step, convolution)
            and _writes_less(step, after)
            and terms.may_skip(step.tops[0], after.tops[0])
        ):
            gone.append(after)
            runner = ConvolutionOfParts(step.runner, step.tops[0], convolution, relu)
            layers = [*step.layers, *after.layers]
            step = replace(step, layers=layers, runner=runner, tops=after.tops)
        joined.append(step)
    return joined


def _convolution_of(step: Step | None) -> tuple[Convolution | None, WithReLU | None]:
    runner = step.runner if step else None
    if isinstance(runner, WithReLU) and isinstance(runner.layer, Convolution):
        return runner.layer, runner
    return (runner, None) if isinstance(runner, Convolution) else (None, None)


def _sees_channels(step: Step, convolution: Convolution) -> bool:
    """Whether all its filters run over the axis that the parts make up."""
    shape = step.tops[0].shape
    along_channels = isinstance(step.runner, Concat) and step.runner.axis_of(shape) == 1
    usual = convolution.group == 1 and convolution.layout() is Layout.CHANNELS_LAST
    return len(step.bottoms) > 1 and along_channels and usual


def _writes_less(step: Step, after: Step) -> bool:
    """Whether to add up the results of the parts costs less than to put the parts together."""
    return 2 * (len(step.bottoms) - 1) * after.tops[0].count <= step.tops[0].count
