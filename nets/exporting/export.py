"""export_onnx: a net and its weights as an ONNX model."""

from collections.abc import Mapping
from typing import Any

from ...core import Shape
from ...proto import ConfigError
from ..net import Net
from .folding import Piece, fold, pieces
from .layer_export import LayerExport
from .onnx_graph import OnnxGraph, symbolic
from .preprocessing import Preprocessing
from .registry import function_for

# Sizes that are multiples of it follow the batch; a prime, so that no other size is one.
_ANY_BATCH = 999_983


def export_onnx(
    net: Net,
    *,
    folds: bool = True,
    dynamic_batch: bool = False,
    preprocessing: Preprocessing | None = None,
    facts: Mapping[str, str] | None = None,
) -> Any:
    """The ModelProto that computes the outputs of a net of phase TEST from its inputs.

    folds          multiply BatchNorm, Scale and Bias into the convolutions before them
    dynamic_batch  axis 0 of every input, and what follows from it, may have any size
    preprocessing  done in the model to its first input
    facts          go into its metadata

    Inputs and outputs have the names of their blobs, and so do all values between them that the
    last layer that writes a blob gives. Layer types are written by the functions in
    nets/exporting/operators. Raises ConfigError for a layer that cannot be exported.
    """
    shapes = _blob_shapes(net, dynamic_batch)
    batch = _ANY_BATCH if dynamic_batch else None
    graph = OnnxGraph(net.blobs)
    parts = fold(pieces(net)) if folds else pieces(net)
    values = _inputs(net, graph, shapes, batch, preprocessing)
    for part in parts:
        if part.layer.type != "Input":
            _write(part, graph, shapes, values, batch)
    outputs = [name for name in net.outputs if name not in net.inputs]
    if not outputs:
        raise ConfigError(f"net {net.name!r}: has no output to export")
    copies = _copies(net)
    names = [*outputs, *(name for name in values if name not in copies)]
    graph.name_values([(values[name], name) for name in names])
    varies = any(layer.shapes_vary for layer in net.layers)
    described = {
        name: (
            graph.new_names.get(values[name], values[name]),
            _unknown(name, shapes[name]) if varies else symbolic(shapes[name], batch),
        )
        for name in outputs
    }
    model = graph.model(net.name or "net", described, producer_name="cortado")
    for key, value in (facts or {}).items():
        model.metadata_props.add(key=key, value=value)
    return model


def _blob_shapes(net: Net, dynamic_batch: bool) -> dict[str, Shape]:
    """The shape of every blob, perhaps with the batch that stands for any; computes nothing."""
    if not dynamic_batch:
        return {name: blob.shape for name, blob in net.blobs.items()}
    shapes: dict[str, Shape] = {}
    for node, layer in zip(net.graph.nodes, net.layers, strict=True):
        found = layer.infer_shapes([shapes[name] for name in node.bottoms])
        if layer.type == "Input":
            found = [(_ANY_BATCH, *shape[1:]) if shape else shape for shape in found]
        shapes.update(zip(node.tops, found, strict=False))
    return shapes


def _inputs(
    net: Net,
    graph: OnnxGraph,
    shapes: dict[str, Shape],
    batch: int | None,
    preprocessing: Preprocessing | None,
) -> dict[str, str]:
    """The value of each input as the layers see it."""
    if not net.inputs:
        raise ConfigError(f"net {net.name!r}: has no Input layer; a model needs an input")
    values = {name: graph.add_input(name, symbolic(shapes[name], batch)) for name in net.inputs}
    if preprocessing:
        first = net.inputs[0]
        preprocessing.check(first, net.blobs[first].shape)
        values[first] = preprocessing.write(graph, first)
    return values


def _write(
    part: Piece,
    graph: OnnxGraph,
    shapes: dict[str, Shape],
    values: dict[str, str],
    batch: int | None,
) -> None:
    layer = part.layer
    function = function_for(layer)
    given = LayerExport(
        layer,
        [values[name] for name in part.bottoms],
        [shapes[name] for name in part.bottoms],
        [shapes[name] for name in part.tops],
        part.weights,
        graph,
        batch,
    )
    found = function(given)
    tops = [found] if isinstance(found, str) else found
    values.update(zip(part.tops, tops, strict=True))


def _unknown(name: str, shape: Shape) -> list[int | str]:
    return [f"{name}_{axis}" for axis in range(len(shape))]


def _copies(net: Net) -> set[str]:
    """The blobs of Split layers, whose names only Caffe needs."""
    return {
        top
        for node in net.graph.nodes
        if node.param.type == "Split"
        for top in node.tops
        if top not in net.outputs
    }
