import pytest

REGIONS = [
    [0, 0, 0, 15, 15],
    [1, 3, 4, 40, 22],
    [0, 5.4, 2.6, 5.4, 2.6],
    [1, 30, 30, 100, 100],
    [0, 12, 8, 3, 4],
]


@pytest.mark.parametrize("fields", ["pooled_h: 7 pooled_w: 7", "pooled_h: 2 pooled_w: 3"])
@pytest.mark.parametrize("scale", [1, 0.25])
def test_roi_pooling(check, fields, scale):
    layer = f"""type: "ROIPooling" bottom: "x" bottom: "rois" top: "y"
                roi_pooling_param {{ {fields} spatial_scale: {scale} }}"""
    check(layer, x=(2, 3, 12, 14), rois=(5, 5), values={"rois": REGIONS})
