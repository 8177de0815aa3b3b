"""Old nets brought up to date, as Caffe does on reading: V0, V1, transforms, inputs, BatchNorm."""

from .caffe_pb2 import NetParameter, V1LayerParameter
from .errors import ConfigError
from .upgrade_v0 import needs_v0_upgrade, upgrade_v0
from .upgrade_v1 import upgrade_v1

_DATA_PARAMETERS = {
    V1LayerParameter.DATA: "data_param",
    V1LayerParameter.IMAGE_DATA: "image_data_param",
    V1LayerParameter.WINDOW_DATA: "window_data_param",
}
_TRANSFORM_FIELDS = ("scale", "mean_file", "crop_size", "mirror")
_LEGACY_AXES = 4


def upgrade_net(net: NetParameter) -> None:
    """Rewrite a net of any age in place, so that only layer { } is left to be understood.

    Raises ConfigError for what cannot be rewritten: unknown V0 types, inputs without shapes.
    """
    if needs_v0_upgrade(net):
        upgrade_v0(net)
    _move_transforms(net)
    if net.layers:
        upgrade_v1(net)
    if net.input:
        _add_input_layer(net)
    _freeze_batch_norm(net)


def _move_transforms(net: NetParameter) -> None:
    """Scale, mean, crop and mirror of V1 data layers go to transform_param."""
    for layer in net.layers:
        if layer.type not in _DATA_PARAMETERS:
            continue
        parameters = getattr(layer, _DATA_PARAMETERS[layer.type])
        for name in _TRANSFORM_FIELDS:
            if parameters.HasField(name):
                setattr(layer.transform_param, name, getattr(parameters, name))
                parameters.ClearField(name)


def _add_input_layer(net: NetParameter) -> None:
    """Net inputs become an Input layer named "input" in front of the others.

    Inputs without any shape are dropped: old caffemodels have them, and nobody runs those.
    """
    shapes = _input_shapes(net)
    if shapes:
        layers = list(net.layer)
        del net.layer[:]
        first = net.layer.add(name="input", type="Input", top=net.input)
        for shape in shapes:
            first.input_param.shape.add(dim=shape)
        net.layer.extend(layers)
    for name in ("input", "input_shape", "input_dim"):
        net.ClearField(name)


def _input_shapes(net: NetParameter) -> list[list[int]]:
    inputs = len(net.input)
    if net.input_shape:
        if len(net.input_shape) != inputs:
            raise ConfigError(
                f"net {net.name!r}: input_shape is given {len(net.input_shape)} times for "
                f"{inputs} inputs ({', '.join(net.input)}); give one per input"
            )
        return [list(shape.dim) for shape in net.input_shape]
    dims = list(net.input_dim)
    if dims and len(dims) != inputs * _LEGACY_AXES:
        raise ConfigError(
            f"net {net.name!r}: input_dim is given {len(dims)} times for {inputs} inputs "
            f"({', '.join(net.input)}); give four per input, or input_shape {{ dim: ... }}"
        )
    return [dims[i : i + _LEGACY_AXES] for i in range(0, len(dims), _LEGACY_AXES)]


def _freeze_batch_norm(net: NetParameter) -> None:
    """BatchNorm's three sums are not learned, whatever an old file says about their rates."""
    for layer in net.layer:
        if layer.type == "BatchNorm" and len(layer.param) == 3:
            for spec in layer.param:
                spec.lr_mult = spec.decay_mult = 0
