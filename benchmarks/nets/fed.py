"""Nets fed by Input layers, which whoever runs them fills, in place of databases."""

from cortado.nets.rules import select_layers
from cortado.proto.caffe_pb2 import TRAIN, LayerParameter, NetParameter, NetState


def training_net(net: NetParameter, batch: int, picture: tuple[int, ...]) -> NetParameter:
    """The layers of phase TRAIN, the data layer replaced: pictures (N, C, H, W), labels (N,)."""
    fed = select_layers(net, NetState(phase=TRAIN))
    for layer in fed.layer:
        if layer.type.endswith("Data"):
            layer.CopyFrom(LayerParameter(name=layer.name, type="Input", top=layer.top))
            for shape in ((batch, *picture), (batch,))[: len(layer.top)]:
                layer.input_param.shape.add(dim=shape)
    return fed


def inference_net(net: NetParameter, batch: int) -> NetParameter:
    """A deploy net with another batch size."""
    fed = NetParameter()
    fed.CopyFrom(net)
    for layer in fed.layer:
        for shape in layer.input_param.shape:
            shape.dim[0] = batch
    return fed


def without_dropout(net: NetParameter) -> NetParameter:
    """The net with nothing dropped: all who run it compute the same."""
    kept = NetParameter()
    kept.CopyFrom(net)
    for layer in kept.layer:
        if layer.type == "Dropout":
            layer.dropout_param.dropout_ratio = 0
    return kept


def class_count(net: NetParameter) -> int:
    """How many labels there are: the outputs of the last layer with filters."""
    counts = [
        layer.convolution_param.num_output or layer.inner_product_param.num_output
        for layer in net.layer
    ]
    return [count for count in counts if count][-1]
