"""V1 nets (2014: layers { type: CONVOLUTION }) into layer { type: "Convolution" }."""

import warnings

from .caffe_pb2 import LayerParameter, NetParameter, V1LayerParameter
from .errors import ConfigWarning

# Types whose new name is not the old one in CamelCase.
_IRREGULAR = {
    "NONE": "",
    "ABSVAL": "AbsVal",
    "ARGMAX": "ArgMax",
    "BN": "BN",
    "BNLL": "BNLL",
    "CONVOLUTION3D": "Convolution3D",
    "DECONVOLUTION3D": "Deconvolution3D",
    "ELTWISE_PRODUCT": "Eltwise",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "IM2COL": "Im2col",
    "LRN": "LRN",
    "MCWINDOW_DATA": "MCWindowData",
    "MVN": "MVN",
    "NAMCWINDOW_DATA": "NAMCWindowData",
    "POOLING3D": "Pooling3D",
    "RELU": "ReLU",
    "RELU6": "ReLU6",
    "ROIPOOLING": "ROIPooling",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "TANH": "TanH",
}

# Written below in their own way, or not at all.
_REWRITTEN = {"type", "layer", "param", "blob_share_mode", "blobs_lr", "weight_decay"}


def v1_type_name(number: int) -> str:
    """The type of today for a V1 layer type: 4 is "Convolution"; unknown numbers are "V1:<n>"."""
    value = V1LayerParameter.LayerType.DESCRIPTOR.values_by_number.get(number)
    if value is None:
        return f"V1:{number}"
    return _IRREGULAR.get(value.name, value.name.title().replace("_", ""))


def upgrade_v1(net: NetParameter) -> None:
    """Move every V1 layer of a net into layer, in place."""
    if net.layer:
        warnings.warn(
            f"net {net.name!r}: gives both layers {{ }} and layer {{ }}; only layers {{ }} is read",
            ConfigWarning,
            stacklevel=2,
        )
        del net.layer[:]
    net.layer.extend([_upgraded(old) for old in net.layers])
    del net.layers[:]


def _upgraded(old: V1LayerParameter) -> LayerParameter:
    new = LayerParameter()
    if old.HasField("type"):
        new.type = v1_type_name(old.type)
    for field, value in old.ListFields():
        if field.name in _REWRITTEN:
            continue
        if field.is_repeated:
            getattr(new, field.name).extend(value)
        elif field.message_type:
            getattr(new, field.name).CopyFrom(value)
        else:
            setattr(new, field.name, value)
    if old.type == V1LayerParameter.ELTWISE_PRODUCT:
        new.eltwise_param.operation = new.eltwise_param.PROD
    _upgrade_parameter_specs(old, new)
    return new


def _upgrade_parameter_specs(old: V1LayerParameter, new: LayerParameter) -> None:
    columns = {
        "name": old.param,
        "share_mode": old.blob_share_mode,
        "lr_mult": old.blobs_lr,
        "decay_mult": old.weight_decay,
    }
    count = max(len(values) for values in columns.values())
    specs = [new.param.add() for _ in range(count)]
    for name, values in columns.items():
        for spec, value in zip(specs, values, strict=False):
            setattr(spec, name, value)
