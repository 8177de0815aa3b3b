"""ChannelNorm: the length of the vector of channels at each place."""

from collections.abc import Sequence

from ...core import Blobs, Call, Layout
from .broadcast import Broadcast
from .context import Context
from .folded import fold_places
from .kernel import Wants
from .part_sums import PartSums


class ChannelNorm:
    """y[n, 0, ...] = sqrt(sum_c x[n, c, ...]^2); epsilon keeps the gradient of zeros finite."""

    layout = Layout.EITHER
    backward_reads = True, True

    def __init__(self, context: Context, epsilon: float):
        self._context, self._epsilon = context, epsilon
        self._lengths = PartSums(context, "x * x", "sqrtf(v)")
        self._gradient = Broadcast(context, "x * (s / (b + a))")

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        return self._lengths.bind(fold_places(bottom[0]), top[0].gpu_data, bottom[0].gpu_data)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0]:
            return []
        x, dx, y, dy = bottom[0].gpu_data, bottom[0].gpu_diff, top[0].gpu_data, top[0].gpu_diff
        return self._gradient.bind(fold_places(bottom[0]), dx, x, s=dy, b=y, a=self._epsilon)
