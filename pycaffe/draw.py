"""caffe.draw: a net as a picture, drawn by Graphviz (the program dot) through pydot."""

from pathlib import Path
from typing import Any

from .proto.caffe_pb2 import PoolingParameter

_IN_PLACE = "#90EE90"
_BLOB = {"shape": "octagon", "fillcolor": "#E0E0E0", "style": "filled"}
_COLORS = {"Convolution": "#FF5050", "Pooling": "#FF9900", "InnerProduct": "#CC33FF"}
_WEIGHTED = ("Convolution", "Deconvolution", "InnerProduct")


def get_pooling_types_dict() -> dict[int, str]:
    """The names of the ways of pooling, by their numbers."""
    return {number: name for name, number in PoolingParameter.PoolMethod.items()}


def get_edge_label(layer: Any) -> str:
    """What to write beside the arrow out of a layer: its batch size or number of outputs."""
    if layer.type == "Data":
        return f"Batch {layer.data_param.batch_size}"
    if layer.type in ("Convolution", "Deconvolution"):
        return str(layer.convolution_param.num_output)
    if layer.type == "InnerProduct":
        return str(layer.inner_product_param.num_output)
    return ""


def get_layer_lr_mult(layer: Any) -> float:
    """How fast a layer's weights learn: the largest lr_mult, 1 if none is given, 0 for others."""
    if layer.type not in _WEIGHTED:
        return 0.0
    return max((param.lr_mult for param in layer.param), default=1.0)


def get_layer_label(layer: Any, rankdir: str, display_lrm: bool = False) -> str:
    """What to write on a layer: name, type, window, and how fast it learns if asked.

    Pieces are side by side where the net goes from top to bottom, else below each other.
    """
    pieces = [layer.name, f"({layer.type})"]
    if layer.type in ("Convolution", "Deconvolution"):
        pieces += _window(layer.convolution_param)
    elif layer.type == "Pooling":
        pieces.append(f"{get_pooling_types_dict()[layer.pooling_param.pool]} pooling")
        pieces += _window(layer.pooling_param)
    if display_lrm and layer.type in _WEIGHTED:
        pieces.append(f"lr mult: {get_layer_lr_mult(layer):.1f}")
    return (" " if rankdir in ("TB", "BT") else "\n").join(pieces)


def choose_color_by_layertype(layertype: str) -> str:
    """The colour of a type of layer, "#RRGGBB"."""
    return _COLORS.get(layertype, "#6495ED")


def get_pydot_graph(
    caffe_net: Any,
    rankdir: str,
    label_edges: bool = True,
    phase: int | None = None,
    display_lrm: bool = False,
) -> Any:
    """The pydot.Dot of a NetParameter, of the layers of one phase or of all.

    rankdir    the way it goes: LR, TB, BT or RL
    """
    pydot = _pydot()
    graph = pydot.Dot(
        _quoted(caffe_net.name or "Net"), graph_type="digraph", rankdir=_direction(rankdir)
    )
    blobs: set[str] = set()
    for number, layer in enumerate(caffe_net.layer):
        if phase is not None and not _is_in_phase(layer, phase):
            continue
        node = f"layer {number}"  # names may be used twice, once in each phase
        in_place = list(layer.bottom) == list(layer.top)
        color = _IN_PLACE if in_place else choose_color_by_layertype(layer.type)
        label = _quoted(get_layer_label(layer, rankdir, display_lrm))
        graph.add_node(
            pydot.Node(
                _quoted(node), label=label, shape="box", style="filled", fillcolor=_quoted(color)
            )
        )
        blobs.update(layer.bottom, layer.top)
        for blob in layer.bottom:
            graph.add_edge(pydot.Edge(_blob_node(blob), _quoted(node)))
        edge = {"label": _quoted(get_edge_label(layer))} if label_edges else {}
        for blob in layer.top:
            graph.add_edge(pydot.Edge(_quoted(node), _blob_node(blob), **edge))
    style = {key: _quoted(value) for key, value in _BLOB.items()}
    for blob in sorted(blobs):
        graph.add_node(pydot.Node(_blob_node(blob), label=_quoted(blob), **style))
    return graph


def draw_net(
    caffe_net: Any,
    rankdir: str,
    ext: str = "png",
    phase: int | None = None,
    display_lrm: bool = False,
) -> bytes:
    """The picture of a NetParameter, as the bytes of a file of the format ext: png, svg, pdf..."""
    graph = get_pydot_graph(caffe_net, rankdir, phase=phase, display_lrm=display_lrm)
    try:
        return graph.create(format=ext)
    except FileNotFoundError:
        raise RuntimeError(
            "drawing nets needs the program dot of Graphviz, which is not installed; "
            "apt, dnf and brew have it as graphviz"
        ) from None


def draw_net_to_file(
    caffe_net: Any,
    filename: str | Path,
    rankdir: str = "LR",
    phase: int | None = None,
    display_lrm: bool = False,
) -> None:
    """Draw a NetParameter into a file, in the format that its name ends with."""
    ext = Path(filename).suffix.removeprefix(".")
    if not ext:
        raise ValueError(f"{filename}: the name must end with a format, as .png or .svg")
    Path(filename).write_bytes(draw_net(caffe_net, rankdir, ext, phase, display_lrm))


def _window(param: Any) -> list[str]:
    """Kernel, stride and pad of a convolution or pooling."""
    if getattr(param, "global_pooling", False):
        return ["global"]
    return [
        f"{words}: {_sizes(param, long, short, default)}"
        for words, long, short, default in (
            ("kernel size", "kernel_size", "kernel", 0),
            ("stride", "stride", "stride", 1),
            ("pad", "pad", "pad", 0),
        )
    ]


def _sizes(param: Any, long: str, short: str, default: int) -> str:
    height, width = getattr(param, f"{short}_h"), getattr(param, f"{short}_w")
    if height or width:
        return f"{height}x{width}"
    given = getattr(param, long)
    if isinstance(given, int):
        return str(given)
    return "x".join(map(str, given)) or str(default)


def _is_in_phase(layer: Any, phase: int) -> bool:
    if layer.include:
        return any(not rule.HasField("phase") or rule.phase == phase for rule in layer.include)
    return not any(rule.HasField("phase") and rule.phase == phase for rule in layer.exclude)


def _direction(rankdir: str) -> str:
    if rankdir not in ("LR", "TB", "BT", "RL"):
        raise ValueError(f"rankdir: {rankdir!r} is none of LR, TB, BT, RL")
    return rankdir


def _blob_node(blob: str) -> str:
    return _quoted(f"blob {blob}")


def _quoted(text: str) -> str:
    """A string of Graphviz: names may hold colons, slashes and quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _pydot() -> Any:
    try:
        import pydot
    except ImportError:
        raise ImportError(
            "drawing nets needs pydot, which is not installed: pip install 'cortado[draw]'"
        ) from None
    return pydot
