"""Average pooling on plain or channels-last arrays."""

from functools import partial
from math import prod
from typing import Any

import numpy as np

from ...core import Shape, Window
from ...core.calls import Calls
from .enumerators import Pooling
from .pooling import PoolingKernel
from .window_counts import check_every_window_sees_x, window_counts


class AveragePooling(PoolingKernel):
    """y = the sum of x under each window / the number of places that count.

    Caffe counts x and its padding, which oneDNN does not know if a window reaches past both:
    then oneDNN divides by the places in x, and a factor for each place in y corrects that.
    """

    def __init__(
        self,
        x_shape: Shape,
        window: Window,
        out: Shape,
        dtype: Any,
        count_padding: bool,
        channels_last: tuple[bool, bool],
        workspace: Any,
    ):
        size = tuple(x_shape[2:])
        check_every_window_sees_x(size, window, out)
        in_x = window_counts(size, window, out, count_padding=False)
        divisors = window_counts(size, window, out, count_padding)
        method, self._factor = Pooling.AVERAGE_OF_X, None
        if (divisors == prod(window.kernel)).all():
            method = Pooling.AVERAGE_OF_KERNEL
        elif (divisors != in_x).any():
            self._factor = (in_x / divisors).astype(dtype)
        super().__init__(method, x_shape, window, out, dtype, channels_last, workspace)

    def forward(self, x, y) -> None:
        self.forward_on_arrays(x=x, y=y)
        if self._factor is not None:
            y *= self._factor

    def backward(self, dy, dx) -> None:
        if self._factor is not None:
            dy = dy * self._factor
        self.backward_on_arrays(dy=dy, dx=dx)

    def bind_forward(self, x, y) -> Calls:
        """As forward."""
        calls = self.stage_forward().hold(x=x, y=y).calls
        if self._factor is not None:
            calls.each_time.append(partial(np.multiply, y, self._factor, out=y))
        return calls

    def bind_backward(self, dy, dx) -> Calls:
        """As backward."""
        if self._factor is None:
            return self.stage_backward().hold(dy=dy, dx=dx).calls
        scaled = np.empty_like(dy)  # strides as well
        calls = self.stage_backward().hold(dy=scaled, dx=dx).calls
        calls.each_time.insert(0, partial(np.multiply, dy, self._factor, out=scaled))
        return calls
