"""The plan: a pass over a net as a flat list of calls, with everything looked up beforehand."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np

from ..core import Blob, Call, Layer, Shape
from ..kernels import gpu
from ..proto import ConfigError
from .bound import Bound
from .gpu_runner import put_on_gpu
from .gpu_runs import GpuRuns
from .layer_runs import LayerRuns
from .passes import chosen_passes, is_chosen
from .passes.gradients import share_gradients
from .passes.layouts import choose_layouts
from .passes.memory import Sharing, share_memory
from .passes.precision import round_blobs
from .records import naming_records
from .step import Step, Terms
from .weights import Weights


class Plan:
    """Runs the layers of a net, forward and backward, over blobs bound once.

    A whole pass runs the steps that the passes made of the layers; a part of one runs layers one
    by one. What a user sees of it is the same.

    Shapes are followed too: when an input has another shape than the last time, or a layer such
    as Filter gave tops of another shape, the layers below are prepared anew before they run.
    """

    def __init__(
        self,
        layers: list[Layer],
        bottoms: list[list[Blob]],
        tops: list[list[Blob]],
        loss_weights: list[list[float]],
        runs_backward: list[bool],
        weights: Sequence[Weights],
        channels_last: bool,
        kept: Collection[Blob] | None = None,
        context: gpu.Context | None = None,
    ):
        self._layers, self._bottoms, self._tops = layers, bottoms, tops
        self._runs_backward = runs_backward
        self.losses = _losses(tops, loss_weights)
        self._sources = [blob for i, blobs in enumerate(tops) if not bottoms[i] for blob in blobs]
        if kept is not None:
            kept = {*kept, *(top for _, top, _ in self.losses)}
        terms = Terms(
            not any(runs_backward),
            lambda blob: kept is None or blob in kept,
            runs_parts=kept is None,
            on_gpu=context is not None,
        )
        self.steps = _improved_steps(layers, bottoms, tops, terms)
        if context:
            put_on_gpu(self.steps, context)
            round_blobs(self.steps, context.stored)
        self._hidden = [pair for step in self.steps for pair in step.hidden]
        if channels_last and is_chosen("layouts"):
            choose_layouts(self.steps)
        for step in self.steps:
            step.runner.prepare_kernels(step.bottoms, step.tops)
        self.shows_all = kept is None
        if not self.shows_all and is_chosen("gradients"):
            share_gradients(self.steps, terms)
        self.sharing = Sharing()
        self._layer_runs = LayerRuns(layers, bottoms, tops, self.steps)
        self.bound = Bound(self.steps, self._needs_backward, weights)
        self.gpu_runs = GpuRuns(context, self.bound) if context else None
        self._prepared = [_shapes(i, bottoms, tops) for i in range(len(layers))]
        self._source_shapes = [blob.shape for blob in self._sources]
        # What comes after a layer of varying shapes is prepared for these shapes of its tops.
        self._followed: dict[int, list[Shape]] = {}
        self._seeded: list[Shape | None] = [None] * len(self.losses)
        self._seed_losses()
        self._ran_whole = False
        if kept is not None and channels_last and is_chosen("memory"):
            residence = context.gpu.residence if context else None
            self.sharing = share_memory(self.steps, self._needs_backward, kept, residence)

    def forward(self, start: int, end: int) -> float:
        """Run layers start to end, both included; returns their weighted loss."""
        self._follow_shapes()
        self._ran_whole = (start, end) == (0, len(self._layers) - 1)
        if not self._ran_whole:
            self._check_all_shown()
        with self.running():
            if self._ran_whole:
                self._layer_runs.forget_passes()
                self._forward_whole()
            else:
                self._forward_part(start, end)
        self.check_faults()
        return sum(
            weight * float(top.data.sum()) for i, top, weight in self.losses if start <= i <= end
        )

    def backward(self, start: int, end: int, adds: bool) -> None:
        """Run the layers from start down to end, both included, that need it, backward.

        Gradients of weights are added to their diffs or, without `adds`, written.
        """
        with self.running():
            if self._ran_whole and (start, end) == (len(self._layers) - 1, 0):
                if self.gpu_runs:
                    self.gpu_runs.backward(adds)
                else:
                    for call in self.bound.backward(adds):
                        call()
            else:
                self._check_all_shown()
                self._backward_part(start, end, adds)

    def steps_forward(self) -> Iterator[Step]:
        """Run the steps again that have bottoms, one by one, each before it is given out."""
        for step, calls in self.bound.forward_by_step():
            with self.running():
                for call in calls if step.bottoms else []:
                    call()
            yield step

    @contextmanager
    def running(self) -> Iterator[None]:
        """Around what runs layers: NaNs travel on, and errors name the record they come from."""
        with ExitStack() as stack:
            stack.enter_context(np.errstate(all="ignore"))  # the solver says where NaNs began
            stack.enter_context(naming_records(self._layers, self._bottoms, self._tops))
            if self.gpu_runs:
                stack.enter_context(self.gpu_runs.running())
            yield

    def step_on_gpu(
        self,
        first: list[Call],
        after_forward: Callable[[int], Sequence[Call]],
        last: list[Call],
        batches: int = 1,
    ) -> None:
        """Forward, backward and more for each batch: see GpuRuns.step."""
        assert self.gpu_runs
        self._follow_shapes()
        self._ran_whole = True
        self._layer_runs.forget_passes()
        with self.running():
            self.gpu_runs.step(first, after_forward, last, batches, self._follow)

    def check_faults(self) -> None:
        """Raise the error of what kernels found wrong with the data since the last time."""
        if self.gpu_runs:
            with naming_records(self._layers, self._bottoms, self._tops):
                self.gpu_runs.context.faults.check()

    def runs_backward(self, layer: int) -> bool:
        """Whether backward does anything for layer number `layer`."""
        return self._runs_backward[layer]

    def reshape(self, start: int) -> None:
        """Prepare every layer from `start` on whose blobs have other shapes than before."""
        self._followed = {i: shapes for i, shapes in self._followed.items() if i < start}
        for step in self.steps:
            if step.layers[-1] < start or not self._resize(step):
                continue
            for hidden, visible in self._hidden:
                hidden.reshape(visible.shape)
            step.runner.prepare_kernels(step.bottoms, step.tops)
            self._layer_runs.forget(step)
            self.bound.forget_step(step)
        self._source_shapes = [blob.shape for blob in self._sources]
        self._seed_losses()

    def rebind(self) -> None:
        """Look up all arrays anew: some blobs stand on other memory than before."""
        self.bound.forget()

    def _follow_shapes(self) -> None:
        """Prepare layers anew if inputs have other shapes than before."""
        if [blob.shape for blob in self._sources] != self._source_shapes:
            self.reshape(0)

    def _resize(self, step: Step) -> bool:
        """Let the tops of a step follow its bottoms; whether any shape changed."""
        changed = False
        for i in step.layers:
            # Layers without bottoms have no shapes to follow: theirs are set from outside.
            if self._bottoms[i] and _shapes(i, self._bottoms, self._tops) != self._prepared[i]:
                self._layers[i].size_tops(self._bottoms[i], self._tops[i])
                self._prepared[i] = _shapes(i, self._bottoms, self._tops)
                changed = True
        return changed

    def _follow(self, layer: int) -> None:
        """Prepare what comes after a layer whose tops may have other shapes than the last time."""
        shapes = [top.shape for top in self._tops[layer]]
        if self._followed.get(layer) != shapes:
            self.reshape(layer + 1)
            self._followed[layer] = shapes

    def _forward_whole(self) -> None:
        if self.gpu_runs:
            self.gpu_runs.forward(self._follow)
            return
        segment, count = 0, 1
        while segment < count:
            segments = self.bound.forward()
            calls, layers = segments[segment]
            for call in calls:
                call()
            segment, count = segment + 1, len(segments)
            if segment < count:  # it ended with a layer that may change shapes
                self._follow(layers[-1])

    def _forward_part(self, start: int, end: int) -> None:
        if self.gpu_runs:
            self.gpu_runs.send()
        for i in range(start, end + 1):
            self._layer_runs.forward(i)
            if self._layers[i].shapes_vary:
                self._follow(i)

    def _backward_part(self, start: int, end: int, adds: bool) -> None:
        wanted = [i for i in range(start, end - 1, -1) if self._runs_backward[i]]
        one_by_one = not self._ran_whole
        if not adds:
            self._layer_runs.clear_diffs(wanted)
        if self.gpu_runs and any(end <= i <= start for i, _, _ in self.losses):
            self.gpu_runs.seed()
        for step in reversed(self.steps):
            members = [i for i in wanted if i in step.layers]
            if not members:
                continue
            whole = len(members) == sum(self._runs_backward[i] for i in step.layers)
            one_by_one |= not whole
            if one_by_one:
                self._layer_runs.backward(step, members)
            else:
                for call in self.bound.backward_of(step):
                    call()

    def _check_all_shown(self) -> None:
        if not self.shows_all:
            raise ConfigError(
                "net: a part of it can only be run if it keeps all blobs; build it without keep"
            )

    def _needs_backward(self, step: Step) -> bool:
        return any(self._runs_backward[i] for i in step.layers)

    def _seed_losses(self) -> None:
        """The gradient of the loss with respect to a loss top of a new shape is its weight."""
        for k, (_, top, weight) in enumerate(self.losses):
            if self._seeded[k] != top.shape:
                top.diff[...] = weight
                if top.is_on_gpu:
                    top.store("diff")
                self._seeded[k] = top.shape
        if self.gpu_runs and self.gpu_runs.context.loss_scale:
            tops = [(top.gpu_diff, weight) for _, top, weight in self.losses]
            self.gpu_runs.seeding = self.gpu_runs.context.loss_scale.seed(tops)


def _shapes(i: int, bottoms: list[list[Blob]], tops: list[list[Blob]]) -> list[Shape]:
    return [blob.shape for blob in bottoms[i] + tops[i]]


def _losses(
    tops: list[list[Blob]], loss_weights: list[list[float]]
) -> list[tuple[int, Blob, float]]:
    """Tops that count in the loss: the number of their layer, the blob, and what it counts."""
    return [
        (i, top, weight)
        for i, (blobs, weights) in enumerate(zip(tops, loss_weights, strict=True))
        for top, weight in zip(blobs, weights, strict=True)
        if weight
    ]


def _improved_steps(
    layers: list[Layer], bottoms: list[list[Blob]], tops: list[list[Blob]], terms: Terms
) -> list[Step]:
    """What the passes make of a step for each layer."""
    steps = [
        Step([i], layer, bottoms[i], tops[i], propagates_down=layer.propagate_down)
        for i, layer in enumerate(layers)
    ]
    for improve in chosen_passes(terms.on_gpu):
        steps = improve(steps, terms)
    return steps
