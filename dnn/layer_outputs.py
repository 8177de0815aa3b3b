"""A net whose blobs are called after the layers that make them, as OpenCV calls them."""

from ..proto.caffe_pb2 import NetParameter


def name_after_layers(net: NetParameter) -> tuple[NetParameter, dict[str, str]]:
    """The net with the i-th top of a layer called NAME, NAME.1, NAME.2...; inputs keep theirs.

    Nothing works in place then: what a layer gave can be seen, whatever the next one does to it.
    Also returns what the blobs of the prototxt are called at the end.
    """
    named = NetParameter()
    named.CopyFrom(net)
    taken = {top for layer in named.layer if layer.type == "Input" for top in layer.top}
    current: dict[str, str] = {top: top for top in taken}
    for layer in named.layer:
        if layer.type == "Input":
            continue
        bottoms = [current.get(name, name) for name in layer.bottom]
        tops = [
            _free(f"{layer.name}.{i}" if i else layer.name, taken) for i in range(len(layer.top))
        ]
        current.update(zip(layer.top, tops, strict=True))
        layer.bottom[:], layer.top[:] = bottoms, tops
    return named, current


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "'"
    taken.add(name)
    return name
