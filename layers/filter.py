"""Filter: the items of a batch that a selector picks."""

import numpy as np

from ..core import ONE_OR_MORE, Blobs, Layer, Shape, register


@register("Filter")
class Filter(Layer):
    """y_i = the items of x_i whose selector is not 0.

    bottom[i]   x_i (N, ...)
    bottom[-1]  selector (N) or (N, 1, ...); has no gradient
    top[i]      y_i (M, ...), M the number of items selected, which may be 0

    Forward sets the size of the tops; before the first one they are as large as the bottoms.

    Source: Caffe's FilterLayer, which crashes in backward when nothing was selected.
    """

    bottom_count = range(2, ONE_OR_MORE.stop)
    top_count = ONE_OR_MORE
    shapes_vary = True

    def check_wiring(self, bottoms: int, tops: int) -> None:
        super().check_wiring(bottoms, tops)
        if tops != bottoms - 1:
            raise self.error(
                f"needs a top for every bottom but the last, the selector; "
                f"got {bottoms} bottoms and {tops} tops"
            )

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._selector = len(bottom_shapes) - 1

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        *items, selector = bottom_shapes
        if not selector or any(n != 1 for n in selector[1:]):
            raise self.error(f"the selector, bottom[-1], has shape {selector}; needs (N) or (N, 1)")
        for i, shape in enumerate(items):
            if shape[:1] != selector[:1]:
                raise self.error(
                    f"bottom[{i}] has shape {shape}; needs {selector[0]} items, one for each "
                    "number of the selector"
                )
        return items

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        self.refuse_in_place(bottom, top)

    def allows_force_backward(self, index: int) -> bool:
        return index != self._selector

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        *items, selector = bottom
        self._selected = np.flatnonzero(selector.data)
        for x, y in zip(items, top, strict=True):
            y.reshape(len(self._selected), *x.shape[1:])
            y.data[...] = x.data[self._selected]

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        *items, _ = bottom
        *wanted, wants_selector = self.propagate_down
        if wants_selector:
            raise self.error("cannot give the selector, bottom[-1], a gradient")
        for x, y, is_wanted in zip(items, top, wanted, strict=True):
            if is_wanted:
                x.diff[...] = 0
                x.diff[self._selected] = y.diff
