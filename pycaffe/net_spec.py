"""caffe.net_spec: nets written as Python expressions, which become a NetParameter.

    n = caffe.NetSpec()
    n.data, n.label = L.Data(source="digits_lmdb", batch_size=64, ntop=2)
    n.ip = L.InnerProduct(n.data, num_output=10, weight_filler=dict(type="xavier"))
    n.loss = L.SoftmaxWithLoss(n.ip, n.label)
    n.to_proto()

L.TYPE(tops..., field=value, ...) makes a layer of any type and gives its top, or ntop of them.
Fields are those of the type's own message, such as ConvolutionParameter, or of LayerParameter. A
top that was given no name is named after the type, with a number.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Union

import numpy as np

from cortado.proto import ConfigError
from cortado.proto import caffe_pb2 as _messages
from cortado.proto.caffe_pb2 import LayerParameter, NetParameter

_Made = dict["Function", LayerParameter]
_Names = dict[Union["Function", "Top"], str]


def param_name_dict() -> dict[str, str]:
    """The field of LayerParameter, without _param, by layer type: {"Convolution": "convolution"}.

    Deconvolution and others that borrow the message of another type are not in it.
    """
    names: dict[str, str] = {}
    for field in LayerParameter.DESCRIPTOR.fields:
        if field.name.endswith("_param") and field.message_type:
            layer_type = field.message_type.name.removesuffix("Parameter")
            names.setdefault(layer_type, field.name.removesuffix("_param"))
    return names


_param_names = param_name_dict()


def assign_proto(proto: Any, name: str, val: Any) -> None:
    """Set a field of a message; messages are given as dictionaries, repeated fields as lists.

    One value will do for a repeated field. Raises ConfigError for unknown fields and wrong types.
    """
    field = proto.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        close = get_close_matches(name, proto.DESCRIPTOR.fields_by_name, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ConfigError(f"{proto.DESCRIPTOR.name} has no field {name!r}{hint}")
    if field.is_repeated and not isinstance(val, list | tuple | np.ndarray):
        val = [val]
    try:
        if field.message_type is None:
            if field.is_repeated:
                getattr(proto, name).extend(val)
            else:
                setattr(proto, name, val)
            return
        for item in val if field.is_repeated else [val]:
            place = getattr(proto, name).add() if field.is_repeated else getattr(proto, name)
            _fill(place, item)
    except (TypeError, ValueError) as problem:
        if isinstance(problem, ConfigError):
            raise
        raise ConfigError(f"{proto.DESCRIPTOR.name}.{name}: cannot be {val!r}") from problem


def to_proto(*tops: Union["Top", "Function"]) -> NetParameter:
    """The net of all layers that these tops need, in an order that runs."""
    return _net(tops, {})


class Top:
    """Output number n of a layer; what other layers take as input."""

    def __init__(self, fn: "Function", n: int):
        self.fn = fn
        self.n = n

    def to_proto(self) -> NetParameter:
        """The net of all layers that this top needs."""
        return to_proto(self)

    def _to_proto(self, layers: _Made, names: _Names, autonames: Counter) -> None:
        self.fn._to_proto(layers, names, autonames)


class Function:
    """A layer: its type, the tops it reads, its fields, and the tops it gives."""

    def __init__(self, type_name: str, inputs: Iterable[Top], params: dict[str, Any]):
        self.type_name = type_name
        self.inputs = tuple(inputs)
        for i, value in enumerate(self.inputs):
            if not isinstance(value, Top):
                raise TypeError(
                    f"{type_name}: input {i} is a {type(value).__name__}, not a top; fields are "
                    "given by name, and a layer with several tops gives a tuple of them"
                )
        self.params = dict(params)
        self.ntop = self.params.pop("ntop", 1)
        self.in_place = self.params.pop("in_place", False)
        if self.in_place and self.ntop > len(self.inputs):
            raise TypeError(
                f"{type_name}: works in place, but has {self.ntop} tops for "
                f"{len(self.inputs)} inputs"
            )
        self.tops = tuple(Top(self, n) for n in range(self.ntop))

    def to_proto(self) -> NetParameter:
        """The net of this layer and all that it needs."""
        return to_proto(self)

    def _to_proto(self, layers: _Made, names: _Names, autonames: Counter) -> None:
        if self in layers:
            return
        layer = LayerParameter(type=self.type_name)
        for source in self.inputs:
            source._to_proto(layers, names, autonames)
            layer.bottom.append(layers[source.fn].top[source.n])
        if self.in_place:
            layer.top.extend(layer.bottom)
        else:
            layer.top.extend(_name(top, self.type_name, names, autonames) for top in self.tops)
        layer.name = _name(self.tops[0] if self.tops else self, self.type_name, names, autonames)
        self._assign(layer)
        layers[self] = layer

    def _assign(self, layer: LayerParameter) -> None:
        own = getattr(layer, f"{_param_names.get(self.type_name, '')}_param", None)
        for field, value in self.params.items():
            is_own = own is not None and not field.endswith("param")
            if is_own and field not in own.DESCRIPTOR.fields_by_name:
                is_own = field not in layer.DESCRIPTOR.fields_by_name
            message = own if is_own else layer
            try:
                assign_proto(message, field, value)
            except ConfigError as problem:
                raise ConfigError(f"layer {layer.name!r} ({self.type_name}): {problem}") from None


class NetSpec:
    """A net whose tops are its attributes, or items: n.conv1 = L.Convolution(n.data, ...)."""

    tops: "OrderedDict[str, Top | Function]"

    def __init__(self) -> None:
        object.__setattr__(self, "tops", OrderedDict())

    def __setattr__(self, name: str, value: Top | Function) -> None:
        if not isinstance(value, Top | Function):
            hint = "; name each of them" if isinstance(value, tuple) else ""
            raise TypeError(f"{name}: a {type(value).__name__} is no top{hint}")
        self.tops[name] = value

    def __getattr__(self, name: str) -> Any:
        tops = self.__dict__.get("tops", {})
        if name not in tops:
            raise AttributeError(f"the net has no top {name!r}; it has {', '.join(tops) or 'none'}")
        return tops[name]

    def __delattr__(self, name: str) -> None:
        del self.tops[name]

    def __setitem__(self, name: str, value: Top | Function) -> None:
        setattr(self, name, value)

    def __getitem__(self, name: str) -> Any:
        return self.tops[name]

    def __delitem__(self, name: str) -> None:
        del self.tops[name]

    def to_proto(self) -> NetParameter:
        """The net of all named tops, in the order they were named, and what they need."""
        return _net(self.tops.values(), {top: name for name, top in self.tops.items()})


class Layers:
    """L: its attributes make layers, L.ReLU(top, in_place=True)."""

    def __getattr__(self, type_name: str) -> Any:
        if type_name.startswith("_"):
            raise AttributeError(f"there is no layer type {type_name!r}")

        def layer(*inputs: Top, **params: Any) -> Any:
            function = Function(type_name, inputs, params)
            if function.ntop == 0:
                return function
            return function.tops[0] if function.ntop == 1 else function.tops

        layer.__name__ = type_name
        return layer


class Parameters:
    """P: the enumerations of Caffe's messages, P.Pooling.MAX is that of PoolingParameter."""

    def __getattr__(self, name: str) -> Any:
        try:
            return getattr(_messages, f"{name}Parameter")
        except AttributeError:
            raise AttributeError(f"there is no message {name}Parameter") from None


layers = Layers()
params = Parameters()


def _net(tops: Iterable[Top | Function], names: _Names) -> NetParameter:
    made: _Made = {}
    autonames: Counter = Counter()
    for top in tops:
        top._to_proto(made, names, autonames)
    return NetParameter(layer=made.values())


def _name(what: Top | Function, type_name: str, names: _Names, autonames: Counter) -> str:
    if what not in names:
        autonames[type_name] += 1
        names[what] = f"{type_name}{autonames[type_name]}"
    return names[what]


def _fill(message: Any, value: Any) -> None:
    if not isinstance(value, dict):
        message.CopyFrom(value)
        return
    message.SetInParent()
    for name, item in value.items():
        assign_proto(message, name, item)
