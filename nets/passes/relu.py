"""Let a layer with a ReLU in place after it apply the ReLU to what it is about to write."""

from collections.abc import Sequence

from ...core import Blob, Blobs, Calls, Layout
from ...layers.convolution import Convolution
from ...layers.deconvolution import Deconvolution
from ...layers.eltwise import Eltwise
from ...layers.inner_product import InnerProduct
from ...layers.relu import ReLU
from ..step import Step, next_reader

ReLULess = Convolution | Deconvolution | Eltwise | InnerProduct


class WithReLU:
    """A layer and the ReLU in place on its top: one pass over memory less."""

    def __init__(self, layer: ReLULess, relu: ReLU):
        self.layer, self._relu = layer, relu

    @property
    def weights(self) -> list[Blob]:
        """Those of the layer."""
        return self.layer.weights

    def layout(self) -> Layout:
        """That of the layer."""
        return self.layer.layout()

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        """Both layers' own."""
        self.layer.prepare_kernels(bottom, top)
        self._relu.prepare_kernels(top, top)

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        """One call where the layer's kernel knows ReLU, else two."""
        if self.layer.applies_relu:
            slope = self._relu.slope
            return self.layer.bind_forward(bottom, top, constant=constant, slope=slope)
        first = self.layer.bind_forward(bottom, top, constant=constant)
        return first.then(self._relu.bind_forward(top, top))

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        """The ReLU's, which needs y alone, and the layer's."""
        first = self._relu.bind_backward(top, top, [])
        return first.then(self.layer.bind_backward(top, bottom, adds))


def fuse_relu(steps: list[Step]) -> list[Step]:
    """Join each convolution, inner product and sum with the ReLU in place after it."""
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
            and isinstance(relu, ReLU)
            and relu.slope >= 0  # else its gradient needs x
            and after.tops[0] is step.tops[0]
        ):
            gone.append(after)
            layers = [*step.layers, *after.layers]
            step = Step(layers, WithReLU(layer, relu), step.bottoms, step.tops, step.hidden)
        fused.append(step)
    return fused
