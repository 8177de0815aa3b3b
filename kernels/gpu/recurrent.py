"""Recurrent: LSTM and RNN over T steps of N streams."""

from collections.abc import Sequence
from typing import Any

from ...core import Array, Blob, Blobs, Call, Layout
from .context import Context
from .kernel import Wants
from .matmul import multiply
from .part_sums import PartSums
from .recurrence import Recurrence
from .recurrent_cells import LSTMCell, RNNCell

CELLS = {"LSTM": LSTMCell, "RNN": RNNCell}


class Recurrent:
    """As layers/families/recurrent.py says.

    weights   by name, in the layer's order: x, b, h; perhaps static; of an RNN o and b_o

    State k before step t, times cont[t], is kept[k][t]: a step writes that of the next one. The
    gradients of states go back in `carried`, h's not yet times cont.
    """

    layout = Layout.PLAIN
    backward_reads = True, True

    def __init__(self, context: Context, it: Recurrence, weights: dict[str, Blob]):
        self._context, self._it, self._weights = context, it, weights
        self._sums = PartSums(context)
        self._cell: Any = CELLS[it.cell](context, it.steps, it.streams, it.num_output, it.limit)
        self._states = it.streams * it.num_output
        self._kept = [context.zeros(it.steps * self._states) for _ in it.last]
        self._ends = [context.zeros(self._states) for _ in it.last]
        self._carried = [context.zeros(self._states) for _ in it.last]
        self._static = context.zeros(it.streams * self._rows) if "static" in weights else None

    @property
    def _rows(self) -> int:
        """How many numbers enter a stream's step."""
        return self._weights["b"].count

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        y, cont = self._by_step(top[0].gpu_data), self._cont(bottom)
        calls = [*self._enter(bottom, cont), *self._transform(bottom)]
        gates, kept = self._by_step(self._cell.gates), [self._by_step(k) for k in self._kept]
        ends = self._ends if self._it.exposes else [blob.gpu_data for blob in self._it.last]
        w = self._weights["h"].gpu_data
        for t in range(self._it.steps):
            h = kept[0][t].reshape(self._it.streams, self._it.num_output)
            inputs = gates[t].reshape(self._it.streams, self._rows)
            calls += multiply(self._context, h, w.T, inputs, adds=True)
            is_last = t + 1 == self._it.steps
            onward = ends if is_last else [k[t + 1] for k in kept]
            next_cont = None if is_last else cont[t + 1]
            calls += self._cell.forward(gates[t], self._static, kept, y, t, next_cont, onward)
        calls += self._cell.write_output(self._weights, top[0].gpu_data)
        if self._it.exposes:
            for end, blob in zip(self._ends, top[1:], strict=True):
                calls += self._cell.scale(end, None, blob.gpu_data)
        return calls

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        cont, wanted = self._cont(bottom), dict(zip(self._weights, wants.weights, strict=True))
        adds = dict(zip(self._weights, wants.adds, strict=True))
        calls: list[Call] = []
        for i, carried in enumerate(self._carried):
            if self._it.exposes:
                calls += self._cell.scale(top[1 + i].gpu_diff, None, carried)
            else:
                calls += self._context.fill(carried, 0)
        y, dy = top[0].gpu_data, top[0].gpu_diff
        calls += self._cell.begin_backward(self._weights, y, dy)
        calls += self._steps_back(self._by_step(dy), cont)
        calls += self._bottom_gradients(bottom, cont, wants)
        for name, left, right in self._factors(bottom):
            if wanted[name]:
                dw = self._weights[name].gpu_diff
                calls += multiply(self._context, left.T, right, dw, adds=adds[name])
        for name, diffs in self._cell.biased.items():
            if wanted[name]:
                b = self._weights[name]
                folded = 1, self._it.steps * self._it.streams, b.count, 1
                calls += self._sums.bind(folded, b.gpu_diff, diffs, adds=adds[name])
        return calls

    def _enter(self, bottom: Blobs, cont: Array) -> list[Call]:
        """Write the states before the first step."""
        states: Sequence[Blob] = self._it.last
        if self._it.exposes:
            states = bottom[-len(states) :]
        return [
            call
            for blob, kept in zip(states, self._kept, strict=True)
            for call in self._cell.scale(blob.gpu_data, cont[0], self._by_step(kept)[0])
        ]

    def _transform(self, bottom: Blobs) -> list[Call]:
        """What every step adds to the product of its weights with h."""
        w, b = self._weights["x"].gpu_data, self._weights["b"].gpu_data
        calls = [*multiply(self._context, self._x(bottom), w.T, self._inputs(), bias=b)]
        if self._static is not None:
            static, w = self._static_of(bottom), self._weights["static"].gpu_data
            inputs = self._static.reshape(self._it.streams, self._rows)
            calls += multiply(self._context, static, w.T, inputs)
        return calls

    def _steps_back(self, dy: Array, cont: Array) -> list[Call]:
        calls: list[Call] = []
        it, w = self._it, self._weights["h"].gpu_data
        gates, diffs = self._by_step(self._cell.gates), self._by_step(self._cell.diffs)
        kept = [self._by_step(k) for k in self._kept]
        to_h = self._carried[0].reshape(it.streams, it.num_output)
        for t in reversed(range(it.steps)):
            flags = cont[t], None if t + 1 == it.steps else cont[t + 1]
            calls += self._cell.backward(gates[t], kept, dy, t, flags, self._carried, diffs[t])
            if t or it.exposes:
                calls += multiply(self._context, diffs[t].reshape(it.streams, self._rows), w, to_h)
        return calls

    def _bottom_gradients(self, bottom: Blobs, cont: Array, wants: Wants) -> list[Call]:
        calls: list[Call] = []
        if wants.bottoms[0]:
            dx, w = self._x(bottom, "gpu_diff"), self._weights["x"].gpu_data
            calls += multiply(self._context, self._inputs("diffs"), w, dx)
        if self._static is not None:
            folded = 1, self._it.steps, self._it.streams * self._rows, 1
            calls += self._sums.bind(folded, self._static, self._cell.diffs)
            if wants.bottoms[2]:
                diffs = self._static.reshape(self._it.streams, self._rows)
                w, to = self._weights["static"].gpu_data, self._static_of(bottom, "gpu_diff")
                calls += multiply(self._context, diffs, w, to)
        if self._it.exposes:
            first = len(bottom) - len(self._carried)
            for i, (carried, wanted) in enumerate(
                zip(self._carried, wants.bottoms[first:], strict=True)
            ):
                if wanted:
                    # Steps multiplied the others by cont already.
                    flags = None if i else cont[0]
                    calls += self._cell.scale(carried, flags, bottom[first + i].gpu_diff)
        return calls

    def _factors(self, bottom: Blobs) -> list[tuple[str, Array, Array]]:
        """Of each weight, what it takes to its result and the gradient of that, by rows."""
        it, diffs = self._it, self._inputs("diffs")
        kept = self._kept[0].reshape(it.steps * it.streams, it.num_output)
        factors = [("x", diffs, self._x(bottom)), ("h", diffs, kept)]
        if self._static is not None:
            of_static = self._static.reshape(it.streams, self._rows)
            factors.append(("static", of_static, self._static_of(bottom)))
        return factors + self._cell.factors()

    def _cont(self, bottom: Blobs) -> Array:
        cont = bottom[1].gpu_data if self._it.cont is None else self._it.cont
        return self._by_step(cont)

    def _by_step(self, array: Array) -> Array:
        return array.reshape(self._it.steps, -1)

    def _inputs(self, name: str = "gates") -> Array:
        rows = self._it.steps * self._it.streams
        return getattr(self._cell, name).reshape(rows, self._rows)

    def _x(self, bottom: Blobs, side: str = "gpu_data") -> Array:
        rows = self._it.steps * self._it.streams
        return getattr(bottom[0], side).reshape(rows, self._weights["x"].shape[1])

    def _static_of(self, bottom: Blobs, side: str = "gpu_data") -> Array:
        return getattr(bottom[2], side).reshape(self._it.streams, self._weights["static"].shape[1])
