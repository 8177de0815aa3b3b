"""caffe.Net: a net by the names pycaffe gives things."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cortado import nets
from cortado.proto import read_net

from . import mode
from .batches import Collected, batches_of, pairs_of
from .net_parts import NetParts
from .proto.caffe_pb2 import TEST, TRAIN


class Net(NetParts):
    """Net(network_file, phase, level=0, stages=None, weights=None), or Net(file, weights, phase).

    blobs and params are ordered dictionaries of live blobs: write net.blobs["data"].data[...],
    call forward(), read net.blobs["prob"].data. Results are views, overwritten by the next
    forward: copy what should last.
    """

    def __init__(
        self,
        network_file: str | Path,
        *args: Any,
        phase: int | None = None,
        level: int = 0,
        stages: list[str] | None = None,
        weights: str | Path | None = None,
    ):
        if args and isinstance(args[0], str | Path):  # the older form: file, weights, phase
            weights, args = args[0], args[1:]
        if args:
            phase, level, stages, weights = _merge(args, (phase, level, stages, weights))
        if phase is None:
            raise TypeError("Net needs a phase: caffe.TRAIN or caffe.TEST")
        if phase not in (TRAIN, TEST):
            raise ValueError(f"phase is {phase!r}; it is caffe.TRAIN (0) or caffe.TEST (1)")
        if not Path(network_file).is_file():
            raise RuntimeError(f"Could not open file {network_file}")
        net = nets.Net(
            read_net(network_file),
            phase,
            level=level,
            stages=tuple(stages or ()),
            device=mode.device(),
            seed=mode.seed(),
        )
        self._wrap(net)
        if weights is not None:
            if not Path(weights).is_file():
                raise RuntimeError(f"Could not open file {weights}")
            self.copy_from(weights)

    @classmethod
    def of(cls, net: nets.Net) -> "Net":
        """The face of a net that exists, as a solver's."""
        face = cls.__new__(cls)
        face._wrap(net)
        return face

    def forward(
        self,
        blobs: list[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **inputs: Any,
    ) -> dict[str, Any]:
        """Run the layers from start to end, both by name and included, and return blobs.

        Keyword arguments fill input blobs first. Returned are the outputs (or, given end, the
        tops of that layer) and the blobs asked for, by name.
        """
        first = self._number_of(start) if start is not None else 0
        last = self._number_of(end) if end is not None else len(self.layers) - 1
        wanted = self._wanted(self.top_names[end] if end is not None else self.outputs, blobs)
        self._fill(inputs, self.inputs, "data")
        self._net.forward(first, last)
        return {name: self.blobs[name].data for name in wanted}

    def backward(
        self,
        diffs: list[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **outputs: Any,
    ) -> dict[str, Any]:
        """Run the layers from start down to end, both by name and included, backward.

        Keyword arguments fill the diffs of output blobs first. Returned are the diffs of the
        inputs (or, given end, of that layer's bottoms) and those asked for, by name.
        """
        first = self._number_of(start) if start is not None else len(self.layers) - 1
        last = self._number_of(end) if end is not None else 0
        wanted = self._wanted(self.bottom_names[end] if end is not None else self.inputs, diffs)
        self._fill(outputs, self.outputs, "diff")
        self._net.backward(first, last)
        return {name: self.blobs[name].diff for name in wanted}

    def _forward(self, start: int, end: int) -> float:
        """Run layers start to end, both by number and included; returns their weighted loss."""
        return self._net.forward(start, end)

    def _backward(self, start: int, end: int) -> None:
        """Run layers start down to end, both by number and included, backward."""
        self._net.backward(start, end)

    def forward_all(self, blobs: list[str] | None = None, **inputs: Any) -> dict[str, np.ndarray]:
        """forward() over inputs of any length, in batches as long as the input blobs.

        The last batch is filled up with zeros. Returned are arrays of one item for each of the
        inputs; of a blob that has none, such as a loss, one value for each batch.
        """
        if not inputs:
            raise ValueError(f"forward_all runs over inputs: give every one of {self.inputs}")
        outs = Collected()
        for batch in self._batch(inputs):
            outs.add(self.forward(blobs=blobs, **batch.arrays), batch)
        return outs.arrays()

    def forward_backward_all(
        self, blobs: list[str] | None = None, diffs: list[str] | None = None, **arrays: Any
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """forward() and backward() over inputs, and diffs of outputs, of any length, in batches.

        Returned are outputs and diffs as forward_all returns outputs.
        """
        outs, gradients = Collected(), Collected()
        forward = self._batch({k: v for k, v in arrays.items() if k not in self.outputs})
        backward = self._batch({k: v for k, v in arrays.items() if k in self.outputs})
        for ahead, back in pairs_of(forward, backward):
            outs.add(self.forward(blobs=blobs, **ahead.arrays), ahead)
            gradients.add(self.backward(diffs=diffs, **back.arrays), ahead)
        return outs.arrays(), gradients.arrays()

    def _batch(self, arrays: dict[str, Any]) -> Any:
        """The arrays in batches as long as the blob that the first of them is for."""
        for name in arrays:
            if name not in self.blobs:
                raise ValueError(f"the net has no blob {name!r}; it takes {self.inputs}")
        size = self.blobs[next(iter(arrays))].shape[0] if arrays else 1
        return batches_of(arrays, size)

    def set_input_arrays(self, data: np.ndarray, labels: np.ndarray) -> None:
        """Let the first layer, a MemoryData, give batches of these arrays, which are not copied."""
        layer = self._net.layers[0]
        if layer.type != "MemoryData":
            raise RuntimeError(
                "set_input_arrays needs a net whose first layer is of type MemoryData; "
                f"{layer.name!r} is {layer.type}"
            )
        layer.reset(np.asarray(data), np.asarray(labels))

    _set_input_arrays = set_input_arrays

    def before_forward(self, callback: Callable[[int], Any]) -> None:
        """Call callback(number of the layer) before each layer runs forward."""
        self._net.watchers.before_forward.append(callback)

    def after_forward(self, callback: Callable[[int], Any]) -> None:
        """Call callback(number of the layer) after each layer ran forward."""
        self._net.watchers.after_forward.append(callback)

    def before_backward(self, callback: Callable[[int], Any]) -> None:
        """Call callback(number of the layer) before each layer's turn backward."""
        self._net.watchers.before_backward.append(callback)

    def after_backward(self, callback: Callable[[int], Any]) -> None:
        """Call callback(number of the layer) after each layer's turn backward."""
        self._net.watchers.after_backward.append(callback)

    def reshape(self) -> None:
        """Let all shapes follow from those of the inputs."""
        self._net.reshape()

    def clear_param_diffs(self) -> None:
        """Set the gradients of all weights to zero."""
        self._net.clear_diffs()

    def copy_from(self, weights: str | Path) -> None:
        """Load the weights of layers of the same name from a .caffemodel or .caffemodel.h5."""
        nets.load_weights(self._net, weights)

    load_hdf5 = copy_from

    def share_with(self, other: "Net") -> None:
        """Use other's weights in layers of the same name."""
        self._net.share_weights(other._net)

    def save(self, path: str | Path) -> None:
        """Write the net and its weights as a binary .caffemodel."""
        nets.save_weights(self._net, path)

    def save_hdf5(self, path: str | Path, write_diff: bool = False) -> None:
        """Write the weights as HDF5, and their diffs if asked."""
        nets.save_weights(self._net, path, hdf5=True, diffs=write_diff)

    def _fill(self, arrays: dict[str, Any], expected: list[str], side: str) -> None:
        if not arrays:
            return
        if set(arrays) != set(expected):
            raise ValueError(f"give every one of {expected}, and no other; got {sorted(arrays)}")
        for name, array in arrays.items():
            blob = self.blobs[name]
            shape = np.shape(array)
            if shape[:1] != blob.shape[:1]:
                items = shape[0] if shape else "a single number"
                raise ValueError(f"{name!r} holds {blob.num} items, got {items}")
            try:
                getattr(blob, side)[...] = array
            except ValueError:
                raise ValueError(f"{name!r} has shape {blob.shape}, got {shape}") from None


def _merge(args: tuple[Any, ...], named: tuple[Any, ...]) -> tuple[Any, ...]:
    """Positional arguments first, the named ones for those that are left."""
    return args + named[len(args) :]
