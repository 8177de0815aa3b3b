"""V0 nets (2013: layers { layer { type: "conv" } }) into V1 layers, padding layers folded in."""

import warnings
from collections.abc import Sequence

from .caffe_pb2 import NetParameter, V0LayerParameter, V1LayerParameter
from .errors import ConfigError, ConfigWarning
from .upgrade_v1 import v1_type_name

# V0 name of a layer: its V1 type.
_TYPES = {
    "accuracy": V1LayerParameter.ACCURACY,
    "bnll": V1LayerParameter.BNLL,
    "concat": V1LayerParameter.CONCAT,
    "conv": V1LayerParameter.CONVOLUTION,
    "data": V1LayerParameter.DATA,
    "dropout": V1LayerParameter.DROPOUT,
    "euclidean_loss": V1LayerParameter.EUCLIDEAN_LOSS,
    "flatten": V1LayerParameter.FLATTEN,
    "hdf5_data": V1LayerParameter.HDF5_DATA,
    "hdf5_output": V1LayerParameter.HDF5_OUTPUT,
    "im2col": V1LayerParameter.IM2COL,
    "images": V1LayerParameter.IMAGE_DATA,
    "infogain_loss": V1LayerParameter.INFOGAIN_LOSS,
    "innerproduct": V1LayerParameter.INNER_PRODUCT,
    "lrn": V1LayerParameter.LRN,
    "multinomial_logistic_loss": V1LayerParameter.MULTINOMIAL_LOGISTIC_LOSS,
    "pool": V1LayerParameter.POOLING,
    "relu": V1LayerParameter.RELU,
    "sigmoid": V1LayerParameter.SIGMOID,
    "softmax": V1LayerParameter.SOFTMAX,
    "softmax_loss": V1LayerParameter.SOFTMAX_LOSS,
    "split": V1LayerParameter.SPLIT,
    "tanh": V1LayerParameter.TANH,
    "window_data": V1LayerParameter.WINDOW_DATA,
}

# V0 name of a layer: the V1 message that holds its parameters.
_PARAMETERS = {
    "concat": "concat_param",
    "conv": "convolution_param",
    "data": "data_param",
    "dropout": "dropout_param",
    "hdf5_data": "hdf5_data_param",
    "images": "image_data_param",
    "infogain_loss": "infogain_loss_param",
    "innerproduct": "inner_product_param",
    "lrn": "lrn_param",
    "pool": "pooling_param",
    "window_data": "window_data_param",
}

# V0 field: its V1 name, and the layers that have it.
_FIELDS: dict[str, tuple[str, Sequence[str]]] = {
    "num_output": ("num_output", ("conv", "innerproduct")),
    "biasterm": ("bias_term", ("conv", "innerproduct")),
    "weight_filler": ("weight_filler", ("conv", "innerproduct")),
    "bias_filler": ("bias_filler", ("conv", "innerproduct")),
    "pad": ("pad", ("conv", "pool")),
    "kernelsize": ("kernel_size", ("conv", "pool")),
    "group": ("group", ("conv",)),
    "stride": ("stride", ("conv", "pool")),
    "pool": ("pool", ("pool",)),
    "dropout_ratio": ("dropout_ratio", ("dropout",)),
    "local_size": ("local_size", ("lrn",)),
    "alpha": ("alpha", ("lrn",)),
    "beta": ("beta", ("lrn",)),
    "k": ("k", ("lrn",)),
    "source": ("source", ("data", "hdf5_data", "images", "window_data", "infogain_loss")),
    "batchsize": ("batch_size", ("data", "hdf5_data", "images", "window_data")),
    "rand_skip": ("rand_skip", ("data", "images")),
    "shuffle_images": ("shuffle", ("images",)),
    "new_height": ("new_height", ("images",)),
    "new_width": ("new_width", ("images",)),
    "concat_dim": ("concat_dim", ("concat",)),
    "det_fg_threshold": ("fg_threshold", ("window_data",)),
    "det_bg_threshold": ("bg_threshold", ("window_data",)),
    "det_fg_fraction": ("fg_fraction", ("window_data",)),
    "det_context_pad": ("context_pad", ("window_data",)),
    "det_crop_mode": ("crop_mode", ("window_data",)),
}

# V0 fields of data layers: their names in transform_param.
_TRANSFORM = {
    "scale": "scale",
    "meanfile": "mean_file",
    "cropsize": "crop_size",
    "mirror": "mirror",
}


def needs_v0_upgrade(net: NetParameter) -> bool:
    """Whether any layer is wrapped in a V0 layer { }."""
    return any(layer.HasField("layer") for layer in net.layers)


def v0_type_name(name: str) -> str:
    """The type of today for a V0 layer type: "conv" is "Convolution"; empty if unknown."""
    return v1_type_name(_TYPES[name]) if name in _TYPES else ""


def upgrade_v0(net: NetParameter) -> None:
    """Rewrite every V0 layer of a net as a V1 layer, in place."""
    _fold_padding(net)
    layers = [_upgraded(layer) if layer.HasField("layer") else layer for layer in net.layers]
    del net.layers[:]
    net.layers.extend(layers)


def _fold_padding(net: NetParameter) -> None:
    """Give the pad of each padding layer to the layers above it, and drop the padding layer."""
    padding = {}
    for layer in net.layers:
        if layer.layer.type == "padding":
            if len(layer.bottom) != 1 or len(layer.top) != 1:
                raise ConfigError(
                    f"layer {layer.layer.name!r} (padding): has {len(layer.bottom)} bottoms and "
                    f"{len(layer.top)} tops; it needs one of each"
                )
            padding[layer.top[0]] = layer
            continue
        for index, bottom in enumerate(layer.bottom):
            if bottom not in padding:
                continue
            if layer.layer.type not in ("conv", "pool"):
                raise ConfigError(
                    f"layer {layer.layer.name!r} ({layer.layer.type}): stands above the padding "
                    f"layer {padding[bottom].layer.name!r}; only conv and pool can pad"
                )
            layer.layer.pad = padding[bottom].layer.pad
            layer.bottom[index] = padding[bottom].bottom[0]
        for top in layer.top:
            padding.pop(top, None)
    kept = [layer for layer in net.layers if layer.layer.type != "padding"]
    del net.layers[:]
    net.layers.extend(kept)


def _upgraded(connection: V1LayerParameter) -> V1LayerParameter:
    old = connection.layer
    new = V1LayerParameter(name=old.name, bottom=connection.bottom, top=connection.top)
    if old.HasField("type"):
        new.type = _v1_type(old)
    for name in ("blobs", "blobs_lr", "weight_decay"):
        getattr(new, name).extend(getattr(old, name))
    for field, value in old.ListFields():
        if field.name in _TRANSFORM:
            setattr(new.transform_param, _TRANSFORM[field.name], value)
        elif field.name == "hdf5_output_param":
            new.hdf5_output_param.CopyFrom(value)
        elif field.name in _FIELDS:
            _move(old, field.name, value, new)
    return new


def _v1_type(old: V0LayerParameter) -> V1LayerParameter.LayerType:
    if old.type not in _TYPES:
        raise ConfigError(
            f"layer {old.name!r}: unknown V0 type {old.type!r}; known types: {', '.join(_TYPES)}"
        )
    return _TYPES[old.type]


def _move(old: V0LayerParameter, name: str, value, new: V1LayerParameter) -> None:
    new_name, layers = _FIELDS[name]
    if old.type not in layers:
        warnings.warn(
            f"layer {old.name!r} ({old.type}): {name} means nothing here and is ignored",
            ConfigWarning,
            stacklevel=2,
        )
        return
    parameters = getattr(new, _PARAMETERS[old.type])
    target = parameters.DESCRIPTOR.fields_by_name[new_name]
    if target.is_repeated:
        getattr(parameters, new_name).append(value)
    elif target.message_type:
        getattr(parameters, new_name).CopyFrom(value)
    else:
        setattr(parameters, new_name, value)
