import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def crop(*cuts):
    sizes = " ".join(f"crop_size: {cut}" for cut in cuts)
    return f'type: "CropCenter" crop_center_param {{ {sizes} }}'


@pytest.mark.parametrize(
    ("cuts", "shape"), [((0, 0, 1, 2), (2, 3, 4, 6)), ((1,), (3,)), ((0, 0), (2, 3))]
)
def test_both_ends_are_cut(make_layer, cuts, shape):
    layer, (x,), (y,) = make_layer(crop(*cuts), shape)
    layer.forward([x], [y])
    kept = tuple(slice(cut, size - cut) for cut, size in zip(cuts, shape, strict=True))
    np.testing.assert_array_equal(y.data, x.data[kept])
    check_gradients(layer, [x], [y])


@pytest.mark.parametrize(
    ("cuts", "message"),
    [
        ((0, 1), r"has 2 numbers; needs one for each axis of bottom\[0\], of shape \(2, 3, 4\)"),
        ((), "has 0 numbers"),
        ((0, 0, 2), r"2 at both ends leaves nothing of axis 2 of bottom\[0\], 4 long"),
    ],
)
def test_errors(make_layer, cuts, message):
    pattern = rf"layer 'it' \(CropCenter\): crop_center_param.crop_size: {message}"
    with pytest.raises(ConfigError, match=pattern):
        make_layer(crop(*cuts), (2, 3, 4))
