import math

import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.kernels import choice
from cortado.proto import ConfigError

REGIONS = [
    [0, 0, 0, 11, 8],
    [1, 3.4, 2, 3.5, 2],
    [1, 2, 1, 10, 7],
    [0, 5, 6, 30, 20],
    [1, 8, 8, 2, 3],
]


def psroi_pooling(scale=1.0, dim=2, group=3):
    return (
        f'type: "PSROIPooling" psroi_pooling_param {{ spatial_scale: {scale} output_dim: {dim} '
        f"group_size: {group} }}"
    )


@pytest.fixture(params=["numpy", "numba"])
def library(request):
    if request.param == "numba":
        pytest.importorskip("numba")
    with choice.only(request.param):
        yield request.param


def definition(x, regions, dim, group, scale):
    y = np.zeros((len(regions), dim, group, group))
    for r, (item, *corners) in enumerate(regions):
        x1, y1, x2, y2 = (math.floor(corner + 0.5) for corner in corners)
        left, top = x1 * scale, y1 * scale
        height = max((y2 + 1) * scale - top, 0.1) / group
        width = max((x2 + 1) * scale - left, 0.1) / group
        for d, i, j in np.ndindex(y.shape[1:]):
            numbers = [
                x[int(item), (d * group + i) * group + j, h, w]
                for h in range(x.shape[2])
                for w in range(x.shape[3])
                if math.floor(i * height + top) <= h < math.ceil((i + 1) * height + top)
                and math.floor(j * width + left) <= w < math.ceil((j + 1) * width + left)
            ]
            y[r, d, i, j] = sum(numbers) / len(numbers) if numbers else 0
    return y


@pytest.mark.parametrize(("scale", "dim", "group"), [(1, 2, 3), (0.5, 3, 2), (0.25, 1, 1)])
def test_every_window_gives_the_mean_of_its_own_maps(make_layer, library, scale, dim, group):
    layer, bottom, top = make_layer(
        psroi_pooling(scale, dim, group), (2, dim * group**2, 9, 12), REGIONS
    )
    layer.forward(bottom, top)
    expected = definition(bottom[0].data, REGIONS, dim, group, scale)
    np.testing.assert_allclose(top[0].data, expected, rtol=1e-12)


@pytest.mark.parametrize(("scale", "dim", "group"), [(1, 1, 3), (0.5, 3, 2)])
def test_gradient(make_layer, library, scale, dim, group):
    prototxt = psroi_pooling(scale, dim, group)
    check_gradients(*make_layer(prototxt, (2, dim * group**2, 5, 6), REGIONS))


def test_regions_get_a_gradient_of_0_if_anybody_asks(make_layer):
    layer, bottom, top = make_layer(psroi_pooling(), (2, 18, 9, 12), REGIONS)
    layer.forward(bottom, top)
    bottom[1].diff[...] = 7
    layer.propagate_down = [False, True]
    layer.backward(top, bottom)
    assert not bottom[1].diff.any()


@pytest.mark.parametrize(
    ("prototxt", "channels", "message"),
    [
        (psroi_pooling(scale=0), 18, "psroi_pooling_param.spatial_scale: 0 must be above 0"),
        (psroi_pooling(dim=0), 18, "psroi_pooling_param.output_dim: 0 must be above 0"),
        (psroi_pooling(group=-1), 18, "psroi_pooling_param.group_size: -1 must be above 0"),
        (psroi_pooling(), 17, r"bottom\[0\] has 17 channels; .*output_dim \(2\) .*makes 18"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, prototxt, channels, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(PSROIPooling\): .*{message}"):
        make_layer(prototxt, (2, channels, 9, 12), (1, 5))


def test_a_region_of_no_item_is_named(make_layer):
    layer, bottom, top = make_layer(psroi_pooling(), (1, 18, 9, 12), REGIONS)
    with pytest.raises(ConfigError, match=r"region 1 of bottom\[1\] is \(1, 3.4.* one of the 1 of"):
        layer.forward(bottom, top)
