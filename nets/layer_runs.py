"""LayerRuns: the layers of a plan run one by one, for parts of a net and for debug_info."""

from collections.abc import Sequence

from ..core import Blob, Layer, unseen
from .gpu_runner import GpuRunner
from .step import Step


class LayerRuns:
    """Runs single layers on the blobs that users see, whatever step they are part of."""

    def __init__(
        self,
        layers: list[Layer],
        bottoms: list[list[Blob]],
        tops: list[list[Blob]],
        steps: list[Step],
    ):
        self._layers, self._bottoms, self._tops = layers, bottoms, tops
        self._step_of = {i: step for step in steps for i in step.layers}
        self._runners = [_runner_of(i, layer, self._step_of[i]) for i, layer in enumerate(layers)]
        self._prepared: set[Step] = set()
        self._ran: set[Step] = set()  # layer by layer, since the last whole pass

    def forget(self, step: Step) -> None:
        """Prepare its layers anew: shapes changed."""
        self._prepared.discard(step)

    def forget_passes(self) -> None:
        """All steps ran as steps."""
        self._ran.clear()

    def forward(self, i: int) -> None:
        """Run layer number i forward."""
        step = self._step_of[i]
        self._prepare(step)
        self._ran.add(step)
        with unseen(self._layers[i].weights):
            self._runners[i].forward(self._bottoms[i], self._tops[i])

    def backward(self, step: Step, members: Sequence[int]) -> None:
        """Run some layers of a step backward, in the order given; adds to diffs of weights."""
        self._prepare(step)
        if not step.leaves_traces and step not in self._ran:
            self._retrace(step)
        for i in members:
            with unseen(self._layers[i].weights):
                self._runners[i].backward(self._tops[i], self._bottoms[i])

    def clear_diffs(self, members: Sequence[int]) -> None:
        """Set the gradients of the weights of these layers to zero."""
        for i in members:
            for weight in self._layers[i].weights:
                weight.clear_diff()

    def _prepare(self, step: Step) -> None:
        """Give the layers of a step that was made of several their kernels."""
        if step in self._prepared:
            return
        if len(step.layers) > 1 or step.runner is not self._runners[step.layers[0]]:
            for i in step.layers:
                self._runners[i].prepare_kernels(self._bottoms[i], self._tops[i])
        self._prepared.add(step)

    def _retrace(self, step: Step) -> None:
        """Run the layers again that ran as one, so that each keeps what its backward needs."""
        for hidden, visible in step.hidden:
            visible.data[...] = hidden.data
        kept = [weight.data.copy() for weight in step.runner.weights]  # statistics are remembered
        for i in step.layers:
            self.forward(i)
        for weight, data in zip(step.runner.weights, kept, strict=True):
            weight.data[...] = data


def _runner_of(i: int, layer: Layer, step: Step) -> Layer | GpuRunner:
    """What runs one layer by itself."""
    if not isinstance(step.runner, GpuRunner):
        return layer
    return step.runner if step.layers == [i] else step.runner.of_layer(layer)
