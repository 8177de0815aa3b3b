"""Parameter, DummyData and ContinuationIndicator: blobs that are always the same."""

import numpy as np

from ..layer_export import LayerExport
from ..registry import exports


@exports("Parameter")
def parameter(e: LayerExport) -> str:
    """The blob as a constant."""
    return e.weight(0)


@exports("DummyData")
def dummy_data(e: LayerExport) -> list[str]:
    """Constants; random fillers have no place in a model."""
    fillers = list(e.param.dummy_data_param.data_filler)
    if any(filler.type != "constant" for filler in fillers):
        raise e.error(
            "dummy_data_param.data_filler: only type constant can be; replace the layer by an "
            "Input layer, and feed what it made up"
        )
    values = [filler.value for filler in fillers] or [0.0]
    values *= len(e.top_shapes) // len(values)
    return [
        e.constant(np.full(shape, value, "float32"))
        for shape, value in zip(e.top_shapes, values, strict=True)
    ]


@exports("ContinuationIndicator")
def continuation_indicator(e: LayerExport) -> str:
    """Where sequences start, as a constant."""
    return e.constant(e.tops_by_shape()[0], "cont")
