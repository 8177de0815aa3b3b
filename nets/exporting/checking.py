"""Holds an ONNX model, run by ONNX Runtime, against the net that it was made of."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ...core import Shape
from ...core.optional import load
from ...proto import ConfigError
from ..net import Net
from .preprocessing import Preprocessing

_LISTS = {"DetectionOutput", "YoloDetectionOutput", "Yolov3DetectionOutput"}
TOLERANCE = 1e-4  # of the largest number of an output


class Comparison(NamedTuple):
    """How far two versions of one output are apart."""

    output: str
    shape: Shape
    difference: float  # the largest
    scale: float  # the largest absolute value of ours

    @property
    def relative(self) -> float:
        """The largest difference, by the largest value."""
        return self.difference / self.scale if self.scale else self.difference

    @property
    def agrees(self) -> bool:
        """Whether it is within TOLERANCE; two that hold nan do not agree."""
        return self.relative <= TOLERANCE


def compare(
    net: Net,
    model: Any,
    inputs: Mapping[str, np.ndarray],
    preprocessing: Preprocessing | None = None,
) -> list[Comparison]:
    """Run both on inputs, to the first of which the model does the preprocessing itself."""
    session = open_session(model.SerializeToString())
    names = [output.name for output in session.get_outputs()]
    try:
        theirs = session.run(names, dict(inputs))
    except Exception as problem:  # a class of its own for each kind of trouble
        raise ConfigError(f"ONNX Runtime cannot run the model: {problem}") from None
    for i, name in enumerate(net.inputs):
        array = preprocessing.apply(inputs[name]) if preprocessing and i == 0 else inputs[name]
        net.blobs[name].reshape(array.shape)
        net.blobs[name].data[...] = array
    net.forward()
    lists = {
        top
        for node, layer in zip(net.graph.nodes, net.layers, strict=True)
        for top in node.tops
        if layer.type in _LISTS
    }
    return [
        _comparison(name, net.blobs[name].data, _aligned(net, name, array, lists))
        for name, array in zip(names, theirs, strict=True)
    ]


def open_session(model: bytes) -> Any:
    """An InferenceSession of ONNX Runtime on the CPU; ConfigError if it refuses the model."""
    runtime = load("onnxruntime", "onnx", "-check")
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    try:
        return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # a class of its own for each kind of trouble
        raise ConfigError(f"ONNX Runtime refuses the model: {problem}") from None


def random_inputs(net: Net, seed: int = 1) -> dict[str, np.ndarray]:
    """Arrays to try a net with: normal random numbers; what counts or selects, whole ones."""
    rng = np.random.default_rng(seed)
    return {name: _random_input(net, name, rng) for name in net.inputs}


def _random_input(net: Net, name: str, rng: np.random.Generator) -> np.ndarray:
    shape = net.blobs[name].shape
    for node, layer in zip(net.graph.nodes, net.layers, strict=True):
        if name in node.bottoms:
            if layer.type == "Split":  # any of its tops tells
                name = node.tops[0]
                continue
            draw = _DRAWS.get((layer.type, _place(node.bottoms.index(name), len(node.bottoms))))
            if draw:
                return draw(net, layer, shape, rng).astype("float32")
            break
    return rng.standard_normal(shape).astype("float32")


def _place(index: int, count: int) -> int:
    """Which bottom it is; -1 for the last of several, unless it is one of the first two."""
    return -1 if index == count - 1 and index > 1 else index


def _symbols(net: Net, layer: Any, shape: Shape, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(layer.param.embed_param.input_dim, size=shape)


def _items(net: Net, layer: Any, shape: Shape, rng: np.random.Generator) -> np.ndarray:
    node = next(n for n in net.graph.nodes if n.param is layer.param)
    return rng.integers(net.blobs[node.bottoms[0]].shape[0], size=shape)


def _bits(net: Net, layer: Any, shape: Shape, rng: np.random.Generator) -> np.ndarray:
    return rng.random(shape) < 0.8


_DRAWS: dict[tuple[str, int], Callable[..., np.ndarray]] = {
    ("Embed", 0): _symbols,
    ("BatchReindex", 1): _items,
    ("LSTM", 1): _bits,
    ("RNN", 1): _bits,
    ("LSTMUnit", -1): _bits,
    ("Filter", 1): _bits,
    ("Filter", -1): _bits,
}


def _aligned(net: Net, name: str, theirs: np.ndarray, lists: set[str]) -> np.ndarray:
    """An output; of a list of detections, the row nearest to each of ours.

    Scores that are equal but for rounding may come in another order.
    """
    ours = net.blobs[name].data
    if name not in lists or ours.shape != theirs.shape:
        return theirs
    rows = theirs.reshape(-1, theirs.shape[-1])
    nearest = [np.abs(rows - row).max(axis=1).argmin() for row in ours.reshape(rows.shape)]
    return rows[nearest].reshape(ours.shape)


def _comparison(name: str, ours: np.ndarray, theirs: np.ndarray) -> Comparison:
    if ours.shape != theirs.shape:
        raise ConfigError(
            f"output {name!r} has shape {theirs.shape} in the model, but {ours.shape} in the net"
        )
    if not ours.size:
        return Comparison(name, ours.shape, 0.0, 0.0)
    difference = np.zeros(ours.shape, ours.dtype)
    # Infinities are equal, and their difference nan.
    np.subtract(ours, theirs, out=difference, where=ours != theirs)
    difference = np.abs(difference).max()
    return Comparison(name, ours.shape, float(difference), float(np.abs(ours).max()))
