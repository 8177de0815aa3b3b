"""Let a layer with a ReLU after it apply the ReLU to what it is about to write."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeGuard

from ...core import Blob, Blobs, Calls, Layout
from ...kernels import gpu
from ...kernels.slope import Ceiling, Slope
from ...layers.convolution import Convolution
from ...layers.deconvolution import Deconvolution
from ...layers.eltwise import Eltwise
from ...layers.inner_product import InnerProduct
from ...layers.relu import ReLU
from ...layers.relu6 import ReLU6
from ..step import Runner, Step, Terms, next_reader
from .folding import FoldedConvolution

ReLULess = Convolution | FoldedConvolution | Deconvolution | Eltwise | InnerProduct


class WithReLU:
    """A layer and the ReLU on its top: one pass over memory less."""

    def __init__(self, layer: ReLULess, relu: ReLU | ReLU6):
        self.layer, self._relu = layer, relu
        self.slope: Slope = Ceiling(6.0) if isinstance(relu, ReLU6) else relu.slope

    @property
    def weights(self) -> list[Blob]:
        """Those of the layer."""
        return self.layer.weights

    @property
    def propagate_down(self) -> list[bool]:
        """Those of the layer."""
        return self.layer.propagate_down

    @property
    def param_propagate_down(self) -> list[bool]:
        """Those of the layer."""
        return self.layer.param_propagate_down

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        """The layer's, with the ReLU after it."""
        kernel = self.layer.gpu_kernel(context, bottom, top)
        return kernel and gpu.WithReLU(context, kernel, self.slope)

    def layout(self) -> Layout:
        """That of the layer."""
        return self.layer.layout()

    def backward_reads(self) -> tuple[bool, bool]:
        """The layer's, and the top for the ReLU."""
        return self.layer.backward_reads()[0], True

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        """Both layers' own."""
        self.layer.prepare_kernels(bottom, top)
        self._relu.prepare_kernels(top, top)

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        """One call where the layer's kernel knows ReLU, else two."""
        if self.layer.applies_relu:
            return self.layer.bind_forward(bottom, top, constant=constant, slope=self.slope)
        first = self.layer.bind_forward(bottom, top, constant=constant)
        return first.then(self._relu.bind_forward(top, top))

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        """The ReLU's, which needs y alone, and the layer's."""
        first = self._relu.bind_backward(top, top, [])
        return first.then(self.layer.bind_backward(top, bottom, adds))


def fuse_relu(steps: list[Step], terms: Terms) -> list[Step]:
    """Join each convolution, inner product and sum with the ReLU or ReLU6 after it."""
    gone: list[Step] = []
    fused = []
    for i, step in enumerate(steps):
        if step in gone:
            continue
        after = next_reader(steps, i)
        layer, relu = step.runner, after.runner if after else None
        if (
            after
            and isinstance(layer, ReLULess)
            and _is_told_by_its_result(relu)
            and terms.may_skip(step.tops[0], after.tops[0])
        ):
            gone.append(after)
            layers = [*step.layers, *after.layers]
            runner = WithReLU(layer, relu)
            step = replace(step, layers=layers, runner=runner, tops=after.tops)
        fused.append(step)
    return fused


def _is_told_by_its_result(runner: Runner | None) -> TypeGuard[ReLU | ReLU6]:
    """Whether it is a ReLU whose gradient its top tells, as its bottom is written over."""
    if isinstance(runner, ReLU6):
        return runner.slope == 0
    return isinstance(runner, ReLU) and runner.slope >= 0
