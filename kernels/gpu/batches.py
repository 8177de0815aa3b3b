"""Batches: a layer that gives what lies in arrays on the device, other things in every pass."""

from collections.abc import Sequence

from ...core import Array, Blobs, Call, Layout
from .context import Context
from .kernel import Wants
from .transform import Transform


class Batches:
    """top[i] = arrays[i], after the host's call of `take`, which changes these.

    arrays   flat, on the device: float32, but the first, if `images` are what it transforms
    """

    layout = Layout.EITHER
    backward_reads = False, False
    takes_either = True  # of how the device may store numbers

    def __init__(
        self,
        context: Context,
        take: Call,
        arrays: Sequence[Array],
        images: Transform | None = None,
    ):
        self._context = context
        self._take, self._arrays = take, arrays
        plain = Transform(context)
        self._transforms = [images or plain, *[plain] * (len(arrays) - 1)]

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        each = zip(self._transforms, self._arrays, top, strict=False)
        launches = [launch for transform, x, y in each for launch in transform.bind(x, y)]
        return [self._take, *launches]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        return []
