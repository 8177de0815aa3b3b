"""Net: layers wired by their prototxt, with their blobs and weights."""

from collections import Counter
from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from ..core import Blob, Layer
from ..core.device import open_device
from ..core.rng import fresh_seed
from ..kernels import new_workspace
from ..kernels.gpu import PRECISIONS, Context
from ..proto import ConfigError
from ..proto.caffe_pb2 import TEST, NetParameter
from . import narration
from .debug_info import LoggedPlan
from .device_room import naming_blobs
from .graph import build_graph
from .plan import Plan
from .rules import net_state, select_layers
from .watched_plan import WatchedPlan, Watchers
from .weights import Weights, share_weights
from .wiring import Wiring


class Net:
    """A net ready to run: forward() computes every blob, backward() every gradient wanted.

    param        a NetParameter, as read by proto.read_net
    phase        proto.caffe_pb2.TRAIN or TEST; with level and stages it selects the layers
    dtype        "float32", or "float64" for checking gradients
    device       "cpu"; "gpu" or "gpu:N": layers with kernels for it run there, all others on the
                 host, with copies each way
    seed         of the initial weights and all other randomness; None draws one
    share_with   a net whose weights are used, instead of own ones, by layers of the same name
    keep         names of blobs to be looked at after a pass, besides inputs and outputs; None: all.
                 Others may share memory or never exist, no part of the net can be run alone, and in
                 phase TEST it only runs forward, unless force_backward is set

    precision    of a GPU: "float32"; "tf32", which rounds the factors of products; "bfloat16" or
                 "float16", which store blobs so. Weights and their gradients stay float32

    blobs[name], layers, layer_names, outputs and inputs are as in the prototxt, with a Split
    layer after each blob that several layers read. Blob data and diffs are live: write to
    net.blobs["data"].data[...], call forward, read net.blobs["prob"].data.

    Raises ConfigError for whatever is wrong with the prototxt, naming layer and field.
    """

    def __init__(
        self,
        param: NetParameter,
        phase: int,
        *,
        level: int | None = None,
        stages: tuple[str, ...] = (),
        dtype: str = "float32",
        device: str = "cpu",
        seed: int | None = None,
        share_with: "Net | None" = None,
        keep: Collection[str] | None = None,
        precision: str = "float32",
    ):
        self.phase = phase
        self.debug_info = param.debug_info  # whether to log the mean size of everything computed
        self.dtype = dtype
        self.device = device
        self.gpu = open_device(device)
        self.context = _context(self.gpu, precision)
        self._keep = keep
        self.seed = fresh_seed() if seed is None else seed
        state = net_state(param, phase, level, stages)
        self.graph = build_graph(select_layers(param, state))
        residence = self.gpu.residence if self.gpu else None
        self.wiring = Wiring(self.graph, phase, dtype, self.seed, residence)
        self.blobs: dict[str, Blob] = self.wiring.blobs
        self.layers: list[Layer] = self.wiring.layers
        self.bottoms: list[list[Blob]] = self.wiring.bottoms
        self.tops: list[list[Blob]] = self.wiring.tops
        self.loss_weights: list[list[float]] = self.wiring.loss_weights
        self.watchers = Watchers()  # called around each layer, which then runs on its own
        self.weights = Weights(dtype, residence)
        self.weight_sources = [self.weights]  # also those of nets whose weights this one uses
        try:
            with naming_blobs(self.blobs, self.weights):
                self._build(share_with)
        except BaseException:
            self.close()
            raise

    # What it is made of.

    @property
    def name(self) -> str:
        """The name the prototxt gives the net."""
        return self.graph.name

    @property
    def layer_names(self) -> list[str]:
        """The name of each layer, in order."""
        return [node.name for node in self.graph.nodes]

    @property
    def inputs(self) -> list[str]:
        """Blobs to be filled before forward."""
        return self.graph.inputs

    @property
    def outputs(self) -> list[str]:
        """Blobs that no layer reads."""
        return self.graph.outputs

    @property
    def params(self) -> dict[str, list[Blob]]:
        """The weight blobs of each layer that has any, in the order of caffemodel files."""
        return {layer.name: layer.weights for layer in self.layers if layer.weights}

    def loss_weight(self, blob: str) -> float:
        """What a blob counts in the loss; 0 for most."""
        return next(
            (
                weight
                for node, weights in zip(self.graph.nodes, self.loss_weights, strict=True)
                for top, weight in zip(node.tops, weights, strict=False)
                if top == blob and weight
            ),
            0.0,
        )

    @property
    def data_bytes(self) -> int:
        """Bytes of the data of all tops, as Caffe counts them: in place counts again."""
        return self.wiring.data_bytes

    # Running.

    def forward(self, start: int = 0, end: int | None = None) -> float:
        """Run layers start to end, both included; returns their weighted loss."""
        last = len(self.layers) - 1 if end is None else end
        return self._running.forward(start, last)

    def backward(self, start: int | None = None, end: int = 0, *, adds: bool = True) -> None:
        """Run the layers from start down to end, both included, that need it, backward.

        Bottom diffs are overwritten; weight diffs are added to, and clear_diffs() starts afresh.
        Without `adds` weight diffs are overwritten too, which is faster than to clear and add.
        """
        if self._is_forward_only:
            raise ConfigError(
                "net: of phase TEST, and told to keep only some blobs, it cannot run backward; "
                "build it without keep, or with force_backward: true"
            )
        first = len(self.layers) - 1 if start is None else start
        self._running.backward(first, end, adds)

    def clear_diffs(self) -> None:
        """Set the gradients of all weights to zero."""
        self.weights.clear_diffs()

    def reshape(self) -> None:
        """Let every blob follow from the shapes of the inputs; forward does so by itself."""
        self.plan.reshape(0)

    def state(self) -> dict[str, Any]:
        """Where data and random numbers stand, by layer: JSON values, for an exact resume."""
        states = ((key, layer.state()) for key, layer in self._keyed_layers())
        return {key: state for key, state in states if state}

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to where state() was called; ConfigError for what state() did not give."""
        for key, layer in self._keyed_layers():
            if key in state:
                try:
                    layer.restore(state[key])
                except (KeyError, TypeError, ValueError) as problem:
                    raise layer.error(f"cannot resume from {state[key]!r}: {problem!r}") from None

    def share_weights(self, other: "Net") -> None:
        """Use other's weights, instead of own ones, in layers of the same name."""
        self._check_same_device(other)
        theirs = {layer.name: layer for layer in other.layers}
        for layer in self.layers:
            if layer.name in theirs:
                share_weights(layer, theirs[layer.name])
        self.weight_sources += other.weight_sources
        self.plan.rebind()

    def _keyed_layers(self) -> Iterator[tuple[str, Layer]]:
        """Each layer with a name of its own, in state(): those without weights may share one."""
        seen: Counter[str] = Counter()
        for layer in self.layers:
            seen[layer.name] += 1
            times = seen[layer.name]
            yield layer.name if times == 1 else f"{layer.name} ({times})", layer

    def close(self) -> None:
        """Stop the threads and close the files of the data layers."""
        for layer in self.layers:
            layer.close()

    @property
    def _running(self) -> Plan | LoggedPlan | WatchedPlan:
        plan = self._logged_plan if self.debug_info else self.plan
        return WatchedPlan(plan, self.watchers, self.weights) if self.watchers else plan

    # Building.

    def _build(self, share_with: "Net | None") -> None:
        narration.begin(self.graph)
        self.wiring.set_up()
        self._take_weights(share_with)
        needs = self.wiring.decide_gradients()
        narration.needs_of(self.graph, needs)
        workspace = new_workspace()
        for layer in self.layers:
            layer.workspace = workspace
        self.plan = Plan(
            self.layers,
            self.bottoms,
            self.tops,
            self.loss_weights,
            [need.anything and not self._is_forward_only for need in needs],
            self.weight_sources,
            channels_last=(workspace is not None or self.gpu is not None)
            and self.dtype == "float32",
            kept=self._kept_blobs(),
            context=self.context,
        )
        if self.plan.gpu_runs:
            self.plan.gpu_runs.naming_blobs = partial(naming_blobs, self.blobs, self.weights)
        self._logged_plan = LoggedPlan(self.plan, self.graph, self.layers, self.blobs, self.weights)
        narration.end(self.outputs)

    def _take_weights(self, share_with: "Net | None") -> None:
        theirs = {layer.name: layer for layer in share_with.layers} if share_with else {}
        if share_with:
            self._check_same_device(share_with)
            self.weight_sources += share_with.weight_sources
        for layer in self.layers:
            if layer.name in theirs:
                share_weights(layer, theirs[layer.name])
            else:
                self.weights.add_layer(layer)
        self.weights.lay_out()
        for layer in self.layers:
            used = self.weights.of_layer(layer.name)
            layer.fill_weights([w.owner == layer.name and w.index == i for i, w in enumerate(used)])
        for weight in self.weights.learnable:
            weight.blob.handed_out = False  # so far only to those who filled it

    def _check_same_device(self, other: "Net") -> None:
        if self.gpu is not other.gpu:
            raise ConfigError(
                f'net: on device "{self.device}" it cannot use the weights of a net on device '
                f'"{other.device}"; make both on one device'
            )

    @property
    def _is_forward_only(self) -> bool:
        """Whether it never runs backward: who keeps few blobs of phase TEST wants no gradient."""
        return self._keep is not None and self.phase == TEST and not self.graph.param.force_backward

    def _kept_blobs(self) -> set[Blob] | None:
        if self._keep is None or self.debug_info:
            return None
        for name in self._keep:
            if name not in self.blobs:
                known = ", ".join(self.blobs)
                raise ConfigError(f"the net has no blob {name!r}; it has {known}")
        sources = [
            blob
            for tops, below in zip(self.tops, self.bottoms, strict=True)
            if not below
            for blob in tops
        ]
        return {*sources, *(self.blobs[name] for name in (*self.outputs, *self._keep))}


def _context(gpu: Any, precision: str) -> Context | None:
    if precision not in PRECISIONS:
        allowed = ", ".join(PRECISIONS)
        raise ConfigError(f"precision: {precision!r} is none of {allowed}")
    if gpu is None and precision != "float32":
        raise ConfigError(f'precision: "{precision}" needs a GPU; the CPU computes in float32')
    return Context(gpu, precision) if gpu else None
