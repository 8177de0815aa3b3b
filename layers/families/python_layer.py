"""PythonLayer: the base class of layers that users write in Python."""

from collections.abc import Iterator
from typing import Any

from ...core import Blob, Blobs, Layer


class BlobVec:
    """The weights of a Python layer: self.blobs.add_blob(3, 4), then self.blobs[0].data."""

    def __init__(self, layer: Layer):
        self._layer = layer

    def add_blob(self, *shape: int) -> None:
        """Declare the next weight; its data starts as zeros."""
        self._layer.add_weight(shape)

    def __len__(self) -> int:
        return len(self._layer.weights)

    def __getitem__(self, index):
        return self._layer.weights[index]

    def __iter__(self) -> Iterator[Blob]:
        return iter(self._layer.weights)


class PythonLayer:
    """What a layer of one's own derives from: `class MyLayer(caffe.Layer)`.

    It implements, on blobs whose data and diff are numpy arrays,

        setup(bottom, top)                      once: read self.param_str, check, add weights
        reshape(bottom, top)                    before every forward: top[i].reshape(*shape)
        forward(bottom, top)                    write top[i].data
        backward(top, propagate_down, bottom)   write bottom[i].diff where propagate_down[i],
                                                add to self.blobs[i].diff

    and may leave out setup, and backward if it has no gradient. The attributes are there from
    setup on.
    """

    type = "Python"
    param_str: str  # as in the prototxt
    param_str_: str  # the same, by its name before 2015
    phase: int  # 0 is caffe.TRAIN, 1 is caffe.TEST
    blobs: BlobVec  # the weights; none until add_blob

    def __init__(self, param: Any):
        """Take the LayerParameter."""

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        """Set up nothing, unless a subclass says what."""
