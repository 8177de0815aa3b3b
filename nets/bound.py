"""Bound: the calls of all steps of a plan, bound to the arrays that their blobs have."""

from collections.abc import Callable, Sequence
from operator import is_

from ..core import Array, Blob, Call, Calls, Memory, unseen
from .step import Step
from .weights import Weights

Arrays = list[Array | None]
Segment = tuple[list[Call], list[int]]  # calls, and the number of the layer that each is of


class Bound:
    """Flat lists of calls for a forward and a backward pass, made when first asked for.

    What a step is bound to stays, unless its kernels were prepared anew or its blobs have other
    arrays than they had: where shapes vary, only the steps that saw them change are bound again.

    In a net that never runs backward weights seldom change: what kernels make of them is kept,
    and made anew after `weights` tell of a new version, or if somebody holds their arrays.
    """

    def __init__(
        self,
        steps: list[Step],
        needs_backward: Callable[[Step], bool],
        weights: Sequence[Weights],
    ):
        self._steps, self._needs_backward, self._weights = steps, needs_backward, weights
        self._constant = not any(needs_backward(step) for step in steps)
        self.forget()

    def forget(self) -> None:
        """Bind everything anew before the next pass: weights have other arrays."""
        self._up: dict[Step, tuple[Arrays, Calls]] = {}
        self._down: dict[tuple[Step, tuple[bool, ...]], tuple[Arrays, list[Call]]] = {}
        self._stale: set[Step] = set()  # what their kernels keep of weights is to be made
        self._versions: list[int] = []
        self._forget_lists()

    def forget_step(self, step: Step) -> None:
        """Bind a step anew before the next pass, as its kernels changed, and those beside it."""
        self._up.pop(step, None)
        for key in [key for key in self._down if key[0] is step]:
            del self._down[key]
        self._forget_lists()

    def _forget_lists(self) -> None:
        self._forward: list[Segment] | None = None
        self._seldom: list[tuple[Step, list[Call]]] = []
        self._backward: dict[bool, list[Call]] = {}
        self._backward_of: dict[Step, list[Call]] = {}

    def forward(self) -> list[Segment]:
        """The calls of a forward pass, cut after every layer that may change shapes."""
        if self._forward is None:
            self._forward = self._bind_forward()
        if self._seldom:
            self._refresh()
        return self._forward

    def backward(self, adds: bool) -> list[Call]:
        """The calls of a backward pass that adds to the diffs of weights, or writes them."""
        if adds not in self._backward:
            self._backward[adds] = [
                call for _, calls in self.backward_by_step(adds) for call in calls
            ]
        return self._backward[adds]

    def forward_by_step(self) -> list[tuple[Step, list[Call]]]:
        """The calls of a forward pass, step by step."""
        by_layer: dict[int, list[Call]] = {}
        for calls, layers in self.forward():
            for call, layer in zip(calls, layers, strict=True):
                by_layer.setdefault(layer, []).append(call)
        return [(step, by_layer.get(step.layers[0], [])) for step in self._steps]

    def backward_by_step(self, adds: bool) -> list[tuple[Step, list[Call]]]:
        """The calls of a backward pass, step by step."""
        bound: list[tuple[Step, list[Call]]] = []
        written: set[Memory] = set()
        for step in filter(self._needs_backward, reversed(self._steps)):
            diffs = [weight.diff_memory for weight in step.runner.weights]
            # A weight that several layers share is written by the first and added to by others.
            calls = self._bind_backward(step, [adds or diff in written for diff in diffs])
            bound.append((step, calls))
            written.update(diffs)
        return bound

    def backward_of(self, step: Step) -> list[Call]:
        """The calls of one step, adding to the diffs of weights."""
        if step not in self._backward_of:
            everything = [True] * len(step.runner.weights)
            self._backward_of[step] = self._bind_backward(step, everything)
        return self._backward_of[step]

    def _bind_forward(self) -> list[Segment]:
        segments: list[Segment] = [([], [])]
        for step in self._steps:
            bound = self._bound_forward(step)
            calls = bound.each_time if self._constant else bound.all
            if self._constant and bound.on_new_weights:
                self._seldom.append((step, bound.on_new_weights))
            segments[-1][0].extend(calls)
            segments[-1][1].extend([step.layers[0]] * len(calls))
            if step.shapes_vary:
                segments.append(([], []))
        return segments

    def _bound_forward(self, step: Step) -> Calls:
        # Layers that may change shapes find the arrays of their tops as they run.
        arrays = _data(step.bottoms if step.shapes_vary else step.blobs)
        if step not in self._up or not _are_same(self._up[step][0], arrays):
            with unseen(step.runner.weights):
                calls = step.runner.bind_forward(step.bottoms, step.tops, constant=self._constant)
            self._up[step] = arrays, calls
            self._stale.add(step)
        return self._up[step][1]

    def _bind_backward(self, step: Step, adds: list[bool]) -> list[Call]:
        key = step, tuple(adds)
        if key not in self._down or not _are_same(self._down[key][0], _both_sides(step)):
            with unseen(step.runner.weights):
                calls = step.runner.bind_backward(step.tops, step.bottoms, adds).all
            self._down[key] = _both_sides(step), calls
        return self._down[key][1]

    def _refresh(self) -> None:
        """Make anew what kernels keep of weights that may have changed."""
        versions = [weights.version for weights in self._weights]
        changed, self._versions = versions != self._versions, versions
        for step, calls in self._seldom:
            is_held = any(weight.handed_out for weight in step.runner.weights)
            if changed or is_held or step in self._stale:
                with unseen(step.runner.weights):
                    for call in calls:
                        call()
        self._stale.clear()


def _data(blobs: Sequence[Blob]) -> Arrays:
    return [blob.gpu_data if blob.is_on_gpu else blob.data for blob in blobs]


def _both_sides(step: Step) -> Arrays:
    """data, and the diffs that there are: to ask for others would make them."""
    return [*_data(step.blobs), *(_diff(blob) if blob.has_diff else None for blob in step.blobs)]


def _diff(blob: Blob) -> Array:
    return blob.gpu_diff if blob.is_on_gpu else blob.diff


def _are_same(some: Arrays, others: Arrays) -> bool:
    return len(some) == len(others) and all(map(is_, some, others))
