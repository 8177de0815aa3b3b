"""RearrangingLayer: what the layers share that move numbers to other places."""

from abc import abstractmethod

from ...core import Array, Blobs, Layer
from ...kernels import gpu


class RearrangingLayer(Layer):
    """y has the numbers of x in other places.

    A subclass gives, in rearranged, a view of an array of x's shape that has y's.
    """

    @abstractmethod
    def rearranged(self, x: Array) -> Array:
        """x seen as y: a view, so that writing there writes to x."""

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        return gpu.Rearranging(context, lambda x, y: (self.rearranged(x), y))

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        top[0].data[...] = self.rearranged(bottom[0].data)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            self.rearranged(bottom[0].diff)[...] = top[0].diff

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False
