"""ResizingLayer: what the layers share that interpolate along rows and columns."""

from abc import abstractmethod

import numpy as np

from ...core import Array, Blob, Blobs, Layer
from ...kernels import gpu


class ResizingLayer(Layer):
    """y = R x C^T, plane by plane: R mixes the rows of x, and C its columns.

    bottom[0]  x (N, C, H, W)
    top        y (N, C, height, width)

    A subclass gives the two matrices, which depend on nothing but shapes.
    """

    @abstractmethod
    def mixing(self, bottom: Blobs, top: Blobs) -> tuple[Array, Array]:
        """R (height, H) and C (width, W)."""

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        self._rows, self._columns = (
            np.asarray(matrix, self.dtype) for matrix in self.mixing(bottom, top)
        )
        n, c, h, _ = bottom[0].shape
        self._widened = Blob((n, c, h, top[0].shape[3]), self.dtype)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        return gpu.Resizing(context, *self.mixing(bottom, top))

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        widened = np.matmul(bottom[0].data, self._columns.T, out=self._widened.data)
        np.matmul(self._rows, widened, out=top[0].data)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[0]:
            widened = np.matmul(self._rows.T, top[0].diff, out=self._widened.data)
            np.matmul(widened, self._columns, out=bottom[0].diff)

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False
