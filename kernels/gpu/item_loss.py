"""ItemLoss: losses made of sums over the numbers of each item."""

from collections.abc import Sequence
from typing import Any

from ...core import Array, Blobs, Call, Layout, Shape
from .context import THREADS, Context
from .kernel import Wants
from .launch import Launch
from .places import WARP, places_along
from .reordered import Reordered

LEAST_CHUNK = 1 << 10  # numbers, before another block takes a share
MOST_BLOCKS = 1 << 11


class ItemLoss:
    """loss = beginning + sum of item_loss over the items / divisor.

    All are expressions of CUDA's C and functions.cuh, in which a, b, c and d are numbers of the
    bottoms, p and q the `numbers`:

    sums       s[0], s[1], ... of an item: what is added up over its numbers
    item_loss  in these sums
    keeps      in these sums: f[0], f[1], ... of an item, for slopes to read
    slopes     what to multiply dloss / divisor by, for each bottom that can have a gradient
    let        statements before sums and slopes
    each       what is summed over the channels of each place for top[1], if there is one

    items      into how many items the numbers are divided
    label      the bottom that has not numbers but one for each item, `label` in item_loss and keeps
    wanted     which bottoms are to have gradients
    """

    backward_reads = True, False
    exact_tops = 0, 1

    def __init__(
        self,
        context: Context,
        bottoms: Sequence[Shape],
        wanted: Sequence[bool],
        *,
        sums: Sequence[str],
        item_loss: str,
        slopes: Sequence[str],
        keeps: Sequence[str] = ("1.f",),
        let: str = "",
        each: str | None = None,
        numbers: Sequence[float] = (),
        items: int = 1,
        divisor: float = 1.0,
        beginning: float = 0.0,
        label: int | None = None,
    ):
        self._context, self._items, self._label = context, items, label
        self._numbers = tuple(map(float, (*numbers, 0, 0)[:2]))
        self._beginning, self._divisor = float(beginning), float(divisor)
        self._factors = context.zeros(max(items, 1) * len(keeps))
        alike = {shape for i, shape in enumerate(bottoms) if i != label}
        has_images = len(alike) == 1 and len(bottoms[0]) > 2
        self.layout = Layout.CHANNELS_LAST if has_images else Layout.PLAIN
        # What has no gradient is data, which is not to be rounded.
        learned = {i for i, is_wanted in enumerate(wanted) if is_wanted and i != label}
        self.exact_bottoms = tuple({*range(1, len(bottoms))} - learned)
        self._macros: dict[str, Any] = {
            "LET": let,
            "SUMS": len(sums),
            "ADD": " ".join(f"s[{k}] += {term};" for k, term in enumerate(sums)),
            "ITEM_LOSS": f"({item_loss})",
            "FACTORS": len(keeps),
            "KEEP": " ".join(f"f[{k}] = {kept};" for k, kept in enumerate(keeps)),
        }
        for letter, slope in zip("ABCD", (*slopes, "0.f", "0.f", "0.f"), strict=False):
            self._macros[f"SLOPE_{letter}"] = f"({slope})"
        if each is not None:
            self._macros["EACH_TERM"] = f"({each})"

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        context, arrays, loading = self._context, *self._arrays(bottom)
        size, chunks, chunk = self._chunks(bottom[0].count)
        blocks = self._items * chunks
        partial = context.zeros(blocks * self._macros["SUMS"], "float64")
        sums = self._function("sum_chunks", arrays)
        finish = self._function("finish", arrays, self._lanes(chunks))
        geometry = size, chunks, chunk
        labels = None if self._label is None else bottom[self._label].gpu_data
        totals = self._beginning, self._divisor, self._factors, top[0].gpu_data
        return [
            *loading,
            *context.blocks(
                sums, "loss", blocks, THREADS, *arrays, *geometry, *self._numbers, partial
            ),
            *context.blocks(
                *(finish, "loss", 1, THREADS, partial, labels, self._items, chunks),
                *(*self._numbers, *totals),
            ),
            *(self._each(arrays, top[1].gpu_data) if len(top) > 1 else ()),
        ]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        if not any(wants.bottoms):
            return []
        arrays, loading = self._arrays(bottom)
        size, chunks, chunk = self._chunks(bottom[0].count)
        last = bottom[0].channels_last
        diffs = [
            Reordered(self._context, blob.gpu_diff, last) if wanted else None
            for blob, wanted in zip(bottom, wants.bottoms, strict=True)
        ]
        targets = [*(diff and diff.array for diff in diffs), None, None, None][:4]
        factors = self._factors, top[0].gpu_diff, self._divisor
        return [
            *loading,
            *self._context.blocks(
                *(self._function("gradients", arrays), "loss", self._items * chunks, THREADS),
                *(*arrays, size, chunks, chunk, *self._numbers, *factors, *targets),
            ),
            *(call for diff in diffs if diff for call in diff.storing),
        ]

    def _arrays(self, bottom: Blobs) -> tuple[list[Array], list[Launch]]:
        """The numbers of four bottoms, all of them in the order of the first, and calls for it."""
        ordered = [
            Reordered(self._context, blob.gpu_data, bottom[0].channels_last)
            for i, blob in enumerate(bottom)
            if i != self._label
        ]
        arrays = [*(one.array for one in ordered), None, None, None][:4]
        return arrays, [call for one in ordered for call in one.loading]

    def _each(self, arrays: Sequence[Array], each: Array) -> list[Launch]:
        places = places_along(arrays[0], 1)
        function = self._function("sum_channels", arrays, places.lanes)
        target = Reordered(self._context, each, False)
        numbers = *arrays, *places.geometry, *self._numbers, target.array
        return self._context.each(function, "loss", places.threads, *numbers) + target.storing

    def _chunks(self, count: int) -> tuple[int, int, int]:
        """The size of an item, into how many chunks it is cut, and how large these are."""
        size = count // max(self._items, 1)
        chunks = min(-(-size // LEAST_CHUNK), max(MOST_BLOCKS // max(self._items, 1), 1))
        chunk = -(-size // (max(chunks, 1) * THREADS)) * THREADS
        return size, -(-size // max(chunk, 1)), chunk

    def _lanes(self, chunks: int) -> int:
        """How many threads add up the chunks of an item."""
        return THREADS if self._items == 1 else WARP if chunks > 1 else 1

    def _function(self, name: str, arrays: Sequence[Array], lanes: int = 1) -> Any:
        first, *others = arrays
        macros = {**self._macros, "LANES": lanes}
        for letter, array in zip("BCD", others, strict=True):
            if array is not None and array.dtype != first.dtype:
                macros[f"{letter}_IS_FLOAT"] = 1
        return self._context.function("item_loss.cu", name, first.dtype, **macros)
