"""Net: a Caffe model with the methods of cv2.dnn.Net."""

import os
import tempfile
import time
import warnings
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..nets import Net as CaffeNet
from ..nets import load_weights
from ..nets.exporting import deployed
from ..proto import ConfigError, parse_net, read_net
from ..proto.caffe_pb2 import TEST, NetParameter
from .layer_outputs import name_after_layers

# cv2.dnn's DNN_TARGET_CUDA and DNN_TARGET_CUDA_FP16, which OpenCV 5 no longer has.
_TARGETS = {6: ("gpu", "float32"), 7: ("gpu", "float16")}

Source = str | os.PathLike | bytes | bytearray | np.ndarray  # a path, or what is in the file


def readNetFromCaffe(prototxt: Source, caffeModel: Source | None = None) -> "Net":
    """The net of a prototxt, phase TEST, with weights if any are given; both also as bytes.

    Raises ConfigError for whatever is wrong with the files.
    """
    if isinstance(prototxt, str | os.PathLike):
        return Net(read_net(prototxt), caffeModel)
    return Net(parse_net(bytes(prototxt).decode("utf-8", "surrogateescape")), caffeModel)


def readNet(model: Any, config: Any = "", framework: str = "") -> Any:
    """readNetFromCaffe for a caffemodel and a prototxt, in either order; else cv2.dnn.readNet."""
    pair = [model, config]
    if framework.lower() == "caffe" or any(str(name).endswith(".prototxt") for name in pair):
        pair.sort(key=lambda name: not str(name).endswith(".prototxt"))
        return readNetFromCaffe(pair[0], pair[1] or None)
    import cv2.dnn

    return cv2.dnn.readNet(model, config, framework)


def _load(net: CaffeNet, weights: Source) -> None:
    if isinstance(weights, str | os.PathLike):
        load_weights(net, weights)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights given as bytes"
        path.write_bytes(bytes(weights))
        load_weights(net, path)


class Layer:
    """What a script may ask a layer: its name, its type, its weights."""

    def __init__(self, name: str, kind: str, blobs: list[np.ndarray]):
        self.name, self.type, self.blobs = name, kind, blobs


class Net:
    """A net that is fed with setInput and run with forward.

    Outputs go by the names of layers, as in OpenCV; those of blobs are understood too. For each
    set of outputs that is asked for a plan is made once, which computes nothing else.
    """

    def __init__(self, param: NetParameter, weights: Source | None = None):
        selected = deployed(param, {})
        self._param, self._current = name_after_layers(selected)
        self._computing = [layer for layer in self._param.layer if layer.type != "Input"]
        self._inputs: dict[str, np.ndarray] = {}
        self._ticks = 0.0
        self._nets: dict[frozenset[str], CaffeNet] = {}
        self._target = "cpu", "float32"  # device and precision
        self._weights = self._computed_by(self._target)
        if weights is not None:
            _load(self._weights, weights)

    # Running.

    def setInput(
        self,
        blob: np.ndarray,
        name: str = "",
        scalefactor: float = 1.0,
        mean: float | Sequence[float] = (),
    ) -> None:
        """Feed an input, the first one without a name, with (blob - mean) * scalefactor.

        mean has a number for each channel; the net takes on the shape of the blob.
        """
        inputs = self._weights.inputs
        if not inputs or name and name not in inputs:
            raise ConfigError(
                f"setInput: the net has no input {name!r}; its inputs are {', '.join(inputs)}"
            )
        array = np.asarray(blob, np.float32)
        numbers = np.atleast_1d(np.asarray(mean, np.float32)).ravel()
        if numbers.any():
            channels = array.shape[1] if array.ndim > 1 else 1
            numbers = np.resize(numbers, channels) if len(numbers) == 1 else numbers[:channels]
            array = array - numbers.reshape(-1, *(1,) * (array.ndim - 2))
        # A copy: scripts may write into what they fed.
        self._inputs[name or inputs[0]] = np.array(array * np.float32(scalefactor), np.float32)

    def forward(self, outputName: str | Sequence[str] = "") -> Any:
        """The output of the layer of that name, of the last one without; of a list, a tuple."""
        wanted = [outputName] if isinstance(outputName, str) else list(outputName)
        blobs = [self._blob(name) for name in wanted]
        net = self._plan(blobs)
        for name, array in self._inputs.items():
            net.blobs[name].reshape(array.shape)
            net.blobs[name].data[...] = array
        start = time.perf_counter()
        net.forward()
        self._ticks = time.perf_counter() - start
        found = [np.array(net.blobs[blob].data, order="C") for blob in blobs]
        return found[0] if isinstance(outputName, str) else tuple(found)

    def getPerfProfile(self) -> tuple[int, np.ndarray]:
        """The time of the last forward in ticks of cv2.getTickFrequency(), and nothing by layer."""
        import cv2

        return int(self._ticks * cv2.getTickFrequency()), np.zeros((0, 1))

    def setPreferableBackend(self, backendId: int) -> None:
        """Accepted, and without effect: Cortado computes."""

    def setPreferableTarget(self, targetId: int) -> None:
        """DNN_TARGET_CUDA and DNN_TARGET_CUDA_FP16 mean the first GPU; all others the CPU.

        Where there is no GPU to use, a warning says so and the CPU goes on.
        """
        target = _TARGETS.get(targetId, ("cpu", "float32"))
        if target == self._target:
            return
        try:
            moved = self._computed_by(target)
        except ConfigError as problem:
            message = f"setPreferableTarget: the net runs on the CPU: {problem}"
            warnings.warn(message, RuntimeWarning, stacklevel=2)
            return
        for name, blobs in self._weights.params.items():
            for blob, source in zip(moved.params[name], blobs, strict=True):
                blob.data[...] = source.data
        self._weights, self._target = moved, target
        self._nets.clear()

    def enableFusion(self, fusion: bool) -> None:
        """Accepted, and without effect."""

    # Looking.

    def empty(self) -> bool:
        """Whether there are no layers."""
        return not self._computing

    def getLayerNames(self) -> tuple[str, ...]:
        """The names of the layers, without inputs."""
        return tuple(layer.name for layer in self._computing)

    def getLayerId(self, layer: str) -> int:
        """The number of a layer, from 1 on; 0 is the input, -1 means unknown."""
        names = self.getLayerNames()
        return names.index(layer) + 1 if layer in names else -1

    def getLayer(self, layerId: int | str) -> Layer:
        """A layer by its number or name."""
        index = self.getLayerId(layerId) if isinstance(layerId, str) else int(layerId)
        if not 0 < index <= len(self._computing):
            raise ConfigError(f"getLayer: the net has no layer {layerId!r}")
        found = self._computing[index - 1]
        weights = self._weights.params.get(found.name, [])
        return Layer(found.name, found.type, [weight.data for weight in weights])

    def getParam(self, layer: int | str, numParam: int = 0) -> np.ndarray:
        """A weight of a layer."""
        blobs = self.getLayer(layer).blobs
        if not 0 <= numParam < len(blobs):
            raise ConfigError(f"getParam: layer {layer!r} has {len(blobs)} weights")
        return blobs[numParam]

    def getUnconnectedOutLayers(self) -> np.ndarray:
        """The numbers of the layers whose output nobody reads."""
        return np.array([self.getLayerId(name) for name in self.getUnconnectedOutLayersNames()])

    def getUnconnectedOutLayersNames(self) -> tuple[str, ...]:
        """The names of the layers whose output nobody reads, in the order of the file."""
        read = {bottom for layer in self._computing for bottom in layer.bottom}
        return tuple(
            layer.name for layer in self._computing if layer.top and not set(layer.top) <= read
        )

    def _blob(self, name: str) -> str:
        """The blob that an output's name stands for."""
        if not name:
            name = next((layer.top[0] for layer in reversed(self._computing) if layer.top), "")
        known = self._weights.blobs
        found = name if name in known else self._current.get(name, "")
        if not found:
            raise ConfigError(f"forward: the net has no layer {name!r}; getLayerNames() lists them")
        return found

    def _plan(self, blobs: Collection[str]) -> CaffeNet:
        if set(blobs) <= set(self._weights.outputs):
            return self._weights
        wanted = frozenset(blobs)
        if wanted not in self._nets:
            self._nets[wanted] = self._computed_by(
                self._target, share_with=self._weights, keep=sorted(wanted)
            )
        return self._nets[wanted]

    def _computed_by(
        self, target: tuple[str, str], keep: Collection[str] = (), share_with: Any = None
    ) -> CaffeNet:
        device, precision = target
        return CaffeNet(
            self._param, TEST, device=device, precision=precision, keep=keep, share_with=share_with
        )
