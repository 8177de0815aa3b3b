"""ROIPooling: the largest values in parts of regions."""

from ..layer_export import LayerExport
from ..registry import exports


@exports("ROIPooling")
def region_pooling(e: LayerExport) -> str:
    """MaxRoiPool, which was made after Fast R-CNN's."""
    param = e.param.roi_pooling_param
    size = [param.pooled_h, param.pooled_w]
    scale = param.spatial_scale
    return e.node("MaxRoiPool", *e.bottoms, pooled_shape=size, spatial_scale=scale)
