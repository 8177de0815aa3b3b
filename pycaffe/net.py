"""caffe.Net: a net by the names pycaffe gives things."""

from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

from cortado import nets
from cortado.core import Blob
from cortado.proto import read_net

from . import mode


class LayerView(NamedTuple):
    """What net.layers holds: a layer's type and its weights; for Python layers the user's own."""

    type: str
    blobs: list[Blob]


class Net:
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

    def _wrap(self, net: nets.Net) -> None:
        self._net = net
        self.blobs = OrderedDict(net.blobs)
        self.params = OrderedDict(net.params)
        self.layers = [
            getattr(layer, "instance", None) or LayerView(layer.type, layer.weights)
            for layer in net.layers
        ]
        self.layer_dict = OrderedDict(zip(net.layer_names, self.layers, strict=True))

    @property
    def _layer_names(self) -> list[str]:
        return self._net.layer_names

    @property
    def _blob_names(self) -> list[str]:
        return list(self._net.blobs)

    @property
    def inputs(self) -> list[str]:
        """Blobs to be filled before forward."""
        return self._net.inputs

    @property
    def outputs(self) -> list[str]:
        """Blobs that no layer reads."""
        return self._net.outputs

    @property
    def bottom_names(self) -> "OrderedDict[str, list[str]]":
        """The bottoms of each layer, by its name."""
        return OrderedDict((node.name, node.bottoms) for node in self._net.graph.nodes)

    @property
    def top_names(self) -> "OrderedDict[str, list[str]]":
        """The tops of each layer, by its name."""
        return OrderedDict((node.name, node.tops) for node in self._net.graph.nodes)

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
        names = self._layer_names
        first = names.index(start) if start is not None else 0
        last = names.index(end) if end is not None else len(names) - 1
        wanted = set(self.top_names[end] if end is not None else self.outputs) | set(blobs or ())
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
        names = self._layer_names
        first = names.index(start) if start is not None else len(names) - 1
        last = names.index(end) if end is not None else 0
        wanted = set(self.bottom_names[end] if end is not None else self.inputs) | set(diffs or ())
        self._fill(outputs, self.outputs, "diff")
        self._net.backward(first, last)
        return {name: self.blobs[name].diff for name in wanted}

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
            if array.shape[0] != blob.shape[0]:
                raise ValueError(f"{name!r} holds {blob.shape[0]} items, got {array.shape[0]}")
            getattr(blob, side)[...] = array


def _merge(args: tuple[Any, ...], named: tuple[Any, ...]) -> tuple[Any, ...]:
    """Positional arguments first, the named ones for those that are left."""
    return args + named[len(args) :]
