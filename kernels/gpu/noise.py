"""Noise: random numbers added to all that pass."""

from collections.abc import Callable, Sequence

from ...core import Blobs, Call, Layout
from .context import Context
from .division import divisor
from .folded import fold_axes
from .fours import each_four
from .kernel import Wants


class Noise:
    """y = x + bias + size * noise, which is normal with deviation 1, or uniform in [-1, 1).

    Noise follows from a key and the place of a number in the order of x's axes; `key` gives 64
    random bits for each pass. The host draws one number after the other instead, so results differ
    from its results.
    """

    layout = Layout.EITHER
    backward_reads = False, False

    def __init__(
        self, context: Context, key: Callable[[], int], bias: float, size: float, is_normal: bool
    ):
        self._context, self._key = context, context.changing.add("uint64", key)
        self._numbers, self._is_normal = (float(bias), float(size)), is_normal

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y, blob = bottom[0].gpu_data, top[0].gpu_data, bottom[0]
        folded = fold_axes(blob, 0, 2) if blob.channels_last else (1, 1, blob.count, 1)
        _, outer, parts, _ = folded
        macros = {"NORMAL": int(self._is_normal)}
        function = self._context.function("noise.cu", "add_noise", x.dtype, **macros)
        return each_four(
            *(self._context, function, "noise", [x, y], blob.count, self._key, *self._numbers),
            *(outer, parts, *divisor(parts), *divisor(outer)),
        )

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not wants.bottoms[0] or bottom[0] is top[0]:
            return []
        return self._context.copy_memory(top[0].gpu_diff, bottom[0].gpu_diff)
