"""Layer: the base class of every layer type."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from ..proto import ConfigError
from ..proto.caffe_pb2 import FillerParameter
from .blob import Blob, Blobs, Shape
from .calls import Calls
from .fillers import fill
from .layout import Layout
from .rng import Rng, stream

ANY_NUMBER = range(1 << 30)
ONE_OR_MORE = range(1, 1 << 30)


class Layer:
    """One node of a net: reads its bottom blobs, writes its top blobs. It needs no net to run.

    A subclass states how many blobs it takes and gives, and implements

        setup(bottom_shapes)           check parameters and declare weights, once
        infer_shapes(bottom_shapes)    shapes of the tops; computes nothing else
        prepare_kernels(bottom, top)   optional: get kernels and scratch space for these shapes
        forward_cpu(bottom, top)       write every top.data
        backward_cpu(top, bottom)      write bottom.diff, add to each weight's diff
        bind_forward, bind_backward    optional: the same as calls prepared beforehand

    Backward may skip bottom i where propagate_down[i] is False and weight i where
    param_propagate_down[i] is False: nobody reads those gradients. A layer that works in place
    sees the same Blob as bottom and as top. What the layer was told stands in self.param, a
    LayerParameter of its own.
    """

    type: str = ""  # its name in prototxt; set by @register
    bottom_count: int | range = 1
    top_count: int | range | None = 1  # None: as many as bottoms
    automatic_tops = False  # whether the net makes up tops that the prototxt leaves out
    shapes_vary = False  # whether forward itself may reshape the tops

    def __init__(self, param: Any, dtype: Any = "float32", rng: Rng | None = None):
        self.param = param
        self.name: str = param.name
        self.dtype = dtype
        self.rng = rng or stream(0, param.name)
        self.weights: list[Blob] = []  # in the order caffemodel files store them
        self._fillers: list[Any] = []  # one FillerParameter or None per weight
        self.propagate_down: list[bool] = []
        self.param_propagate_down: list[bool] = []
        self.workspace: Any = None  # scratch memory that the kernels of a net share

    # What a subclass implements.

    def setup(self, bottom_shapes: list[Shape]) -> None:
        """Check self.param and declare the weights; called once, before infer_shapes."""

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        """Shapes of the tops that bottoms of these shapes give; ConfigError if they cannot."""
        raise NotImplementedError

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        """Make what forward and backward need for these shapes, so that they allocate nothing.

        Called when propagate_down says which gradients are wanted, and again for other shapes.
        Also the place to let tops share the memory of bottoms.
        """

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        """Write every top.data."""
        raise NotImplementedError

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        """Write bottom.diff and add to the weights' diffs."""
        raise self.error("has no backward pass")

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        """Forward as calls on the arrays that the blobs have now.

        constant: weights seldom change, so that what kernels make of them may be kept.
        """
        return Calls([partial(self.forward_cpu, bottom, top)])

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        """Backward as calls on the arrays that the blobs have now.

        The gradient of weight i is added to its diff if adds[i], else written.
        """
        return Calls([*self.clearing(adds), partial(self.backward_cpu, top, bottom)])

    def layout(self) -> Layout:
        """How the blobs may lie in memory; decided once the layer is set up."""
        return Layout.PLAIN

    def gpu_kernel(self, context: Any, bottom: Blobs, top: Blobs) -> Any:
        """What runs the layer on a GPU (a kernels.gpu.Kernel), for blobs of these shapes.

        None where there is none: then the layer runs on the host, with copies each way. Called
        before it is known how the blobs lie in memory, when propagate_down says which gradients
        are wanted, and again for other shapes. Also the place to let tops share memory.
        """
        return None

    def multiply_adds(self, bottom: Blobs, top: Blobs) -> int:
        """How many multiplications, each with an addition, a forward pass takes; 0 for few."""
        return 0

    def backward_reads(self) -> tuple[bool, bool]:
        """Whether backward reads data of the bottoms, and of the tops: else others may have it."""
        return True, True

    def default_loss_weight(self, index: int) -> float:
        """What top[index] counts in the net's loss if the prototxt does not say."""
        return 0.0

    def allows_force_backward(self, index: int) -> bool:
        """Whether bottom[index] may have a gradient: labels and the like have none."""
        return True

    def state(self) -> dict[str, Any]:
        """What besides the weights a resumed run must know, as JSON values; {} for most layers."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what state() gave."""

    def close(self) -> None:
        """Release files and threads."""

    # What whoever runs the layer calls.

    def prepare(self, bottom: Blobs, top: Blobs) -> None:
        """Get ready to run alone: set up, fill the weights, size the tops, want all gradients."""
        self.check_wiring(len(bottom), len(top))
        self.setup([blob.shape for blob in bottom])
        self.fill_weights()
        self.propagate_down = [self.allows_force_backward(i) for i in range(len(bottom))]
        self.param_propagate_down = [True] * len(self.weights)
        self.reshape(bottom, top)

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        """Fit the tops and the kernels to the bottoms; called whenever a bottom changes shape."""
        self.size_tops(bottom, top)
        self.prepare_kernels(bottom, top)

    def size_tops(self, bottom: Blobs, top: Blobs) -> None:
        """Give the tops the shapes that follow from those of the bottoms."""
        shapes = self.infer_shapes([blob.shape for blob in bottom])
        for i, (blob, shape) in enumerate(zip(top, shapes, strict=True)):
            if blob.shape != tuple(shape):
                self._check_in_place(blob, shape, bottom)
                with self._explaining(f"top[{i}]"):
                    blob.reshape(shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        """Compute every top.data."""
        self.forward_cpu(bottom, top)

    def backward(self, top: Blobs, bottom: Blobs) -> None:
        """Turn top.diff into bottom.diff and weight diffs."""
        self.backward_cpu(top, bottom)

    def fill_weights(self, own: Sequence[bool] | None = None) -> None:
        """Give the declared weights their initial values; own says which ones, default all."""
        for i, (weight, filler) in enumerate(zip(self.weights, self._fillers, strict=True)):
            if filler is not None and (own is None or i < len(own) and own[i]):
                try:
                    fill(weight, filler, self.rng)
                except ConfigError as problem:
                    raise self.error(str(problem)) from None

    def check_wiring(self, bottoms: int, tops: int) -> None:
        """Raise ConfigError unless the layer takes that many bottoms and gives that many tops."""
        self._check_count("bottom", bottoms, self.bottom_count)
        self._check_count("top", tops, bottoms if self.top_count is None else self.top_count)

    # What a subclass calls.

    def add_weight(self, shape: Shape, filler: Any = None) -> Blob:
        """Declare the next weight blob; a FillerParameter, or None for zeros, fills it."""
        with self._explaining(f"weight {len(self.weights)}"):
            self.weights.append(Blob(shape, self.dtype))
        # Zeros are there already, and take no memory until somebody writes.
        self._fillers.append(None if filler == FillerParameter() else filler)
        return self.weights[-1]

    def clearing(self, adds: Sequence[bool]) -> list[Any]:
        """Calls that clear the diffs of weights whose gradient is not to be added."""
        return [
            partial(weight.diff.fill, 0)
            for weight, add, wanted in zip(
                self.weights, adds, self.param_propagate_down, strict=True
            )
            if wanted and not add
        ]

    def placing(self, bottom: Blob, top: Blob) -> dict[str, Any]:
        """What a kernel must know of where its arrays lie, for x in bottom and y in top."""
        layouts = (bottom.channels_last, top.channels_last)
        return {"channels_last": layouts, "workspace": self.workspace}

    def refuse_in_place(self, bottom: Blobs, top: Blobs) -> None:
        """Raise ConfigError if a top is one of the bottoms; for layers that need both apart."""
        if any(t is b for t in top for b in bottom):
            raise self.error("cannot work in place; give the top a name of its own")

    def canonical_axis(self, axis: int, axes: int, field: str) -> int:
        """Turn an axis that may count from the end into one in [0, axes)."""
        if not -axes <= axis < axes:
            raise self.error(f"{field}: {axis} is out of range for a bottom with {axes} axes")
        return axis % axes

    def error(self, problem: str, item: int | None = None) -> ConfigError:
        """The exception to raise when this layer's configuration is wrong.

        item: which one of the batch is to blame, for nets to add which record that is.
        """
        error = ConfigError(f"layer {self.name!r} ({self.type}): {problem}")
        error.layer, error.item = self, item
        return error

    def _check_in_place(self, top: Blob, shape: Shape, bottom: Blobs) -> None:
        if any(top is blob for blob in bottom):
            raise self.error(
                f"cannot work in place: it makes shape {tuple(shape)} of {top.shape}; "
                "give the top a name of its own"
            )

    @contextmanager
    def _explaining(self, what: str) -> Iterator[None]:
        """Name the layer, and which blob of it, in errors about shapes."""
        try:
            yield
        except ConfigError as problem:
            raise self.error(f"{what}: {problem}") from None

    def _check_count(self, side: str, count: int, allowed: int | range) -> None:
        if isinstance(allowed, int):
            allowed = range(allowed, allowed + 1)
        if count in allowed:
            return
        if allowed.stop >= ONE_OR_MORE.stop:
            wanted = f"{allowed.start} or more"
        else:
            wanted = " or ".join(map(str, allowed))
        raise self.error(f"takes {wanted} {side} blobs, got {count}")
