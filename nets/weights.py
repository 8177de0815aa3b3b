"""The weights of a net: shared by name, and all in one flat array.

Data lies in one array in file order, the diffs in a second: an update is one pass over them, and
a snapshot a copy. Every weight starts at a multiple of 64 bytes; the gaps stay zero.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import Array, Blob, Layer
from ..core.residence import Residence, Twin
from ..proto.caffe_pb2 import ParamSpec

ALIGNMENT = 16  # numbers


@dataclass
class Weight:
    """One learnable blob, with what its ParamSpec says."""

    blob: Blob
    owner: str  # the layer that made it
    index: int  # among that layer's weights
    name: str  # of its ParamSpec; "" if it is not shared
    lr_mult: float | None = None  # None: nobody said, so 1
    decay_mult: float | None = None
    offset: int = 0  # where it starts in the flat arrays

    @property
    def learning_rate(self) -> float:
        """What the solver's rate is multiplied by."""
        return 1.0 if self.lr_mult is None else self.lr_mult

    @property
    def decay(self) -> float:
        """What the solver's weight_decay is multiplied by."""
        return 1.0 if self.decay_mult is None else self.decay_mult


class Weights:
    """The learnable blobs of a net in file order, each once; `data` and `diff` hold them flat."""

    def __init__(self, dtype: Any, residence: Residence | None = None):
        self.dtype = np.dtype(dtype)
        self.learnable: list[Weight] = []
        self.residence = residence  # of a net on a GPU
        # Data and diff. Fresh pages cost nothing until written: who only runs forward has no diffs.
        self._flat: list[np.ndarray] = [np.zeros(0, dtype), np.zeros(0, dtype)]
        self._twins: list[Twin] = []
        self.version = 0  # counts the times that data was written to from inside
        self._by_name: dict[str, Weight] = {}
        self._of_layer: dict[str, list[Weight]] = {}

    @property
    def data(self) -> np.ndarray:
        """The values of all weights; on a GPU a copy, as Blob.data is."""
        return self._twins[0].host() if self._twins else self._flat[0]

    @property
    def diff(self) -> np.ndarray:
        """The gradients of all weights; on a GPU a copy, as Blob.diff is."""
        return self._twins[1].host() if self._twins else self._flat[1]

    @property
    def gpu_data(self) -> Array:
        """The values on the GPU."""
        return self._twins[0].device()

    @property
    def gpu_diff(self) -> Array:
        """The gradients on the GPU."""
        return self._twins[1].device()

    @property
    def size(self) -> int:
        """How many numbers the flat arrays have."""
        return self._twins[0].count if self._twins else self._flat[0].size

    def add_layer(self, layer: Layer) -> None:
        """Take in a layer's weights, sharing those whose name is already known."""
        if layer.weights and self.of_layer(layer.name):
            raise layer.error(
                "a layer above has this name, and weights too; weights files and test nets tell "
                "layers apart by name: rename one of them"
            )
        specs = layer.param.param
        if len(specs) > len(layer.weights):
            raise layer.error(
                f"has {len(specs)} param entries but only {len(layer.weights)} weights"
            )
        self._of_layer[layer.name] = [
            self._add(layer, i, specs[i] if i < len(specs) else ParamSpec())
            for i in range(len(layer.weights))
        ]

    def of_layer(self, name: str) -> list[Weight]:
        """The weights a layer uses, its own and those it shares."""
        return self._of_layer.get(name, [])

    def lay_out(self) -> None:
        """Move every weight into the flat arrays, keeping its values; once all layers are in."""
        offset = 0
        for weight in self.learnable:
            weight.offset = offset
            offset += -(-weight.blob.count // ALIGNMENT) * ALIGNMENT
        if self.residence:
            self._twins = [Twin(self.residence, offset, self.dtype) for _ in range(2)]
            for weight in self.learnable:
                weight.blob.stand_on(self._twins[0], self._twins[1], weight.offset)
            return
        self._flat = [np.zeros(offset, self.dtype) for _ in range(2)]
        for weight in self.learnable:
            place = slice(weight.offset, weight.offset + weight.blob.count)
            weight.blob.bind(self.data[place], self.diff[place])

    def clear_diffs(self) -> None:
        """Set every gradient to zero."""
        if self._twins:
            self._twins[1].clear()
        else:
            self.diff[...] = 0

    def _add(self, layer: Layer, index: int, spec: Any) -> Weight:
        weight = Weight(layer.weights[index], layer.name, index, spec.name)
        owner = self._by_name.get(spec.name) if spec.name else None
        if owner is None:
            self.learnable.append(weight)
            if spec.name:
                self._by_name[spec.name] = weight
            owner = weight
        else:
            self._check_shape(layer, weight, owner, spec)
            weight.blob.share_data(owner.blob)
            weight.blob.share_diff(owner.blob)
        for field in ("lr_mult", "decay_mult"):
            if spec.HasField(field):
                self._agree(layer, owner, field, getattr(spec, field))
        return owner

    @staticmethod
    def _check_shape(layer: Layer, weight: Weight, owner: Weight, spec: Any) -> None:
        permissive = spec.share_mode == ParamSpec.PERMISSIVE
        ours, theirs = weight.blob.shape, owner.blob.shape
        if weight.blob.count == owner.blob.count and (permissive or ours == theirs):
            return
        remedy = "" if permissive else "; share_mode: PERMISSIVE asks only for equal counts"
        raise layer.error(
            f"param {spec.name!r} has shape {ours}, but layer {owner.owner!r}, which owns it, "
            f"has {theirs}{remedy}"
        )

    @staticmethod
    def _agree(layer: Layer, owner: Weight, field: str, value: float) -> None:
        known = getattr(owner, field)
        if known is not None and known != value:
            raise layer.error(
                f"param {owner.name!r}: {field} is {value:g} here and {known:g} in an earlier "
                "layer; shared weights move at one rate"
            )
        setattr(owner, field, value)


def share_weights(layer: Layer, source: Layer) -> None:
    """Let layer's weights be source's."""
    if len(layer.weights) != len(source.weights):
        raise layer.error(
            f"has {len(layer.weights)} weights, but {len(source.weights)} in the net it shares with"
        )
    for i, (ours, theirs) in enumerate(zip(layer.weights, source.weights, strict=True)):
        if ours.shape != theirs.shape:
            raise layer.error(
                f"weight {i} has shape {ours.shape}, but {theirs.shape} in the net it shares with"
            )
        ours.share_data(theirs)
