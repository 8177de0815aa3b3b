"""LocalFilters: what Local and LocalConvolution share."""

from math import prod
from typing import Any

import numpy as np

from ...core import Blob, Blobs, Shape
from ...kernels import cpu, gpu
from .sliding_window import SlidingWindow


class LocalFilters(SlidingWindow):
    """A convolution whose filters are different at every place of the output.

    y[n, m, o] = sum over k of w[m, 0, k, o] x's number k in window o, + b[0, 0, m, o].

    bottom   x (N, C, H, W)
    top      y (N, num_output, out_h, out_w)
    weights  w (num_output, 1, C kernel_h kernel_w, out_h out_w),
             b (1, 1, num_output, out_h out_w) unless bias_term is false
    """

    param_name: str  # a message with num_output, kernel_size, stride, pad and fillers

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = getattr(self.param, self.param_name)
        if not param.num_output:
            raise self.error(f"{self.param_name}.num_output is required and must be at least 1")
        if len(bottom_shapes[0]) != 4:
            raise self.error(f"the bottom must be (N, C, H, W), got shape {bottom_shapes[0]}")
        self.window = self.read_window(param, self.param_name, 2)
        self._num_output = param.num_output
        taps, places = self._sizes(bottom_shapes[0])
        self._w = self.add_weight((param.num_output, 1, taps, places), param.weight_filler)
        self._b: Blob | None = None
        if param.bias_term:
            self._b = self.add_weight((1, 1, param.num_output, places), param.bias_filler)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (x,) = bottom_shapes
        if len(x) != 4 or self._sizes(x) != self._w.shape[2:]:
            raise self.error(
                f"the filters, of shape {self._w.shape}, are made for every place of one size of "
                f"bottom; they do not fit one of shape {x}"
            )
        return [(x[0], self._num_output, *self.window.output_size(x[2:]))]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)
        self._kernel: Any = cpu.prepare_im2col(bottom[0].shape, self.window, self.dtype)
        items, (taps, places) = bottom[0].shape[0], self._w.shape[2:]
        self._columns, self._gradient = (Blob((items, taps, places), self.dtype) for _ in range(2))
        self._as_columns = (items, taps, *top[0].shape[2:])

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        self.refuse_in_place(bottom, top)
        if self.is_too_wide:
            return None
        return gpu.LocalFilters(context, self._w, self._b, self.window)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        columns = self._columns.data
        self._kernel.forward(bottom[0].data, columns.reshape(self._as_columns))
        y = top[0].data.reshape(len(columns), self._num_output, self._w.shape[3])
        np.einsum("mkp,nkp->nmp", self._w.data[:, 0], columns, out=y)
        if self._b:
            y += self._b.data[0]

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        columns = self._columns.data
        dy = top[0].diff.reshape(len(columns), self._num_output, self._w.shape[3])
        if self.param_propagate_down[0]:
            self._w.diff[:, 0] += np.einsum("nmp,nkp->mkp", dy, columns)
        if self._b and self.param_propagate_down[1]:
            self._b.diff[0, 0] += dy.sum(axis=0)
        if self.propagate_down[0]:
            gradient = self._gradient.data
            np.einsum("nmp,mkp->nkp", dy, self._w.data[:, 0], out=gradient)
            self._kernel.backward(gradient.reshape(self._as_columns), bottom[0].diff)

    def _sizes(self, x: Shape) -> tuple[int, int]:
        """Numbers under a window, and how many windows there are."""
        out = self.window.output_size(x[2:])
        self.check_fit(self.param_name, out, x[2:])
        return x[1] * prod(self.window.kernel), prod(out)
