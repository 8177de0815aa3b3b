"""A net as it is used: without losses, measures and data layers, given the shapes of its inputs."""

from collections.abc import Mapping

from ...core import Shape
from ...layers import layer_class
from ...layers.families.loss import LossLayer
from ...proto import ConfigError
from ...proto.caffe_pb2 import TEST, LayerParameter, NetParameter
from ..rules import net_state, select_layers

# Layers without bottoms that are not sources of data.
_MADE_INSIDE = {"ContinuationIndicator", "DummyData", "Parameter"}
# Besides losses: measures, and layers that want to know the label.
_ONLY_IN_TRAINING = {
    "Accuracy",
    "DetectionEvaluate",
    "EvalDetection",
    "HDF5Output",
    "LabelsequenceAccuracy",
    "MarginInnerProduct",
    "SegAccuracy",
}


def deployed(net: NetParameter, shapes: Mapping[str, Shape]) -> NetParameter:
    """The layers of phase TEST that compute something from the inputs.

    Layers that compare with labels or write files go, and so do inputs that nobody reads then.
    Data layers become Input layers, and DummyData layers too if there is nothing else to feed;
    blobs that only phase TRAIN makes do if they are given a shape. No detections are written to
    files. shapes gives inputs theirs; "" stands for the first one.
    Raises ConfigError where an input has no shape.
    """
    selected = select_layers(net, net_state(net, TEST, None, ()))
    kept = [layer for layer in selected.layer if not _is_for_training(layer)]
    read = {bottom for layer in kept for bottom in layer.bottom}
    inside = _MADE_INSIDE
    if not any(_is_source(layer, inside) and read & set(layer.top) for layer in kept):
        inside = inside - {"DummyData"}
    wanted, shapes, made = [], dict(shapes), set[str]()
    for layer in kept:
        for name in dict.fromkeys(layer.bottom):
            shape = None if name in made else _take(name, shapes)
            if shape is not None:
                wanted.append(_input(name, name, shape))
        made.update(layer.bottom, layer.top)
        if _is_source(layer, inside):
            wanted += _inputs(layer, read, shapes)
        else:
            if layer.HasField("detection_output_param"):
                layer.detection_output_param.ClearField("save_output_param")
            wanted.append(layer)
    if shapes:
        names = [top for layer in wanted if layer.type == "Input" for top in layer.top]
        raise ConfigError(
            f"-input: the net has no input {next(iter(shapes))!r}; its inputs are "
            f"{', '.join(names) or 'none'}"
        )
    del selected.layer[:]
    selected.layer.extend(wanted)
    return selected


def _is_for_training(layer: LayerParameter) -> bool:
    is_loss = issubclass(layer_class(layer.type, layer.name), LossLayer)
    return is_loss or layer.type in _ONLY_IN_TRAINING


def _is_source(layer: LayerParameter, inside: set[str]) -> bool:
    return not layer.bottom and layer.type not in inside


def _inputs(
    layer: LayerParameter, read: set[str], shapes: dict[str, Shape]
) -> list[LayerParameter]:
    """An Input layer for each top that somebody reads; takes what it uses out of shapes."""
    param = layer.dummy_data_param if layer.type == "DummyData" else layer.input_param
    known = [tuple(shape.dim) for shape in param.shape]
    if len(known) == 1:
        known *= len(layer.top)
    made = []
    for i, top in enumerate(layer.top):
        if top not in read:
            continue
        shape = _take(top, shapes)
        if shape is None and i < len(known):
            shape = known[i]
        if shape is None:
            raise ConfigError(
                f"layer {layer.name!r} ({layer.type}): the shape of {top!r} is not known without "
                f"data; give it (-input {top}=1x3x224x224), or take a deploy.prototxt"
            )
        made.append(_input(layer.name if len(layer.top) == 1 else top, top, shape))
    return made


def _take(name: str, shapes: dict[str, Shape]) -> Shape | None:
    """The shape given for an input, by name or as the first one's; it is then taken."""
    return shapes.pop(name, None) if name in shapes else shapes.pop("", None)


def _input(name: str, top: str, shape: Shape) -> LayerParameter:
    layer = LayerParameter(name=name, type="Input", top=[top])
    layer.input_param.shape.add(dim=shape)
    return layer
