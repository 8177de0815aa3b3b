"""What a net is made of, by the names and numbers that pycaffe gives its parts."""

from collections import OrderedDict
from typing import Any, NamedTuple

from cortado import nets
from cortado.layers.families.python_layer import BlobVec

from .notebook import net_html


class LayerView(NamedTuple):
    """What net.layers holds: a layer's type and its weights; for Python layers the user's own."""

    type: str
    blobs: BlobVec


class NetParts:
    """blobs, params, layers and their names; blobs also by number, in the order they are made."""

    def _wrap(self, net: nets.Net) -> None:
        self._net = net
        self.blobs = OrderedDict(net.blobs)
        self.params = OrderedDict(
            (layer.name, BlobVec(layer)) for layer in net.layers if layer.weights
        )
        self.layers = [
            getattr(layer, "instance", None) or LayerView(layer.type, BlobVec(layer))
            for layer in net.layers
        ]
        self.layer_dict = OrderedDict(zip(net.layer_names, self.layers, strict=True))

    def _repr_html_(self) -> str:
        return net_html(self)

    @property
    def _layer_names(self) -> list[str]:
        return self._net.layer_names

    @property
    def _blob_names(self) -> list[str]:
        return list(self._net.blobs)

    @property
    def _blobs(self) -> list[Any]:
        return list(self.blobs.values())

    @property
    def _inputs(self) -> list[int]:
        return self._numbers_of(self.inputs)

    @property
    def _outputs(self) -> list[int]:
        return self._numbers_of(self.outputs)

    @property
    def _blob_loss_weights(self) -> list[float]:
        return list(self.blob_loss_weights.values())

    def _bottom_ids(self, layer: int) -> list[int]:
        return self._numbers_of(self._net.graph.nodes[layer].bottoms)

    def _top_ids(self, layer: int) -> list[int]:
        return self._numbers_of(self._net.graph.nodes[layer].tops)

    def _numbers_of(self, blobs: list[str]) -> list[int]:
        names = self._blob_names
        return [names.index(blob) for blob in blobs]

    @property
    def blob_loss_weights(self) -> "OrderedDict[str, float]":
        """What each blob counts in the loss, by its name."""
        return OrderedDict((name, self._net.loss_weight(name)) for name in self.blobs)

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

    def _number_of(self, layer: str) -> int:
        names = self._layer_names
        if layer not in names:
            raise ValueError(f"the net has no layer {layer!r}; it has {', '.join(names)}")
        return names.index(layer)

    def _wanted(self, blobs: list[str], more: list[str] | None) -> set[str]:
        for name in more or ():
            if name not in self.blobs:
                raise ValueError(f"the net has no blob {name!r}; it has {', '.join(self.blobs)}")
        return {*blobs, *(more or ())}
