import math

import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.kernels import choice
from cortado.proto import ConfigError

REGIONS = [[0, 0, 0, 11, 8], [1, 3, 2, 3, 2], [1, 2, 1, 10, 7], [0, 5, 6, 30, 20], [1, 8, 8, 2, 3]]


def roi_pooling(h=2, w=3, scale=1.0):
    return (
        f'type: "ROIPooling" roi_pooling_param {{ pooled_h: {h} pooled_w: {w} '
        f"spatial_scale: {scale} }}"
    )


@pytest.fixture(params=["numpy", "numba"])
def library(request):
    if request.param == "numba":
        pytest.importorskip("numba")
    with choice.only(request.param):
        yield request.param


def definition(x, regions, pooled_h, pooled_w, scale):
    y = np.zeros((len(regions), x.shape[1], pooled_h, pooled_w))
    for r, (item, *corners) in enumerate(regions):
        x1, y1, x2, y2 = (math.floor(corner * scale + 0.5) for corner in corners)
        height, width = max(y2 - y1 + 1, 1), max(x2 - x1 + 1, 1)
        for c, i, j in np.ndindex(y.shape[1:]):
            numbers = [
                x[int(item), c, h, w]
                for h in range(x.shape[2])
                for w in range(x.shape[3])
                if y1 + i * height // pooled_h <= h < y1 - (-(i + 1) * height // pooled_h)
                and x1 + j * width // pooled_w <= w < x1 - (-(j + 1) * width // pooled_w)
            ]
            y[r, c, i, j] = max(numbers, default=0)
    return y


@pytest.mark.parametrize(("h", "w", "scale"), [(2, 3, 1), (1, 1, 0.5), (7, 7, 0.25), (3, 2, 0.75)])
def test_every_window_gives_its_largest_number(make_layer, library, h, w, scale):
    layer, bottom, top = make_layer(roi_pooling(h, w, scale), (2, 3, 9, 12), REGIONS)
    layer.forward(bottom, top)
    assert top[0].data.tolist() == definition(bottom[0].data, REGIONS, h, w, scale).tolist()


def test_halves_of_corners_are_rounded_away_from_zero(make_layer):
    x = np.arange(6.0).reshape(1, 1, 1, 6)
    layer, bottom, top = make_layer(roi_pooling(1, 1, 0.5), x, [[0, 1, 0, 5, 0], [0, -1, 0, -1, 0]])
    layer.forward(bottom, top)
    assert top[0].data.ravel().tolist() == [3, 0]  # places 1 to 3; place -1, which is outside


def test_a_window_outside_the_map_gives_0_and_no_gradient(make_layer, library):
    layer, bottom, top = make_layer(roi_pooling(1, 1), -np.ones((1, 2, 3, 3)), [[0, 5, 5, 9, 9]])
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert not top[0].data.any()
    assert not bottom[0].diff.any()


@pytest.mark.parametrize(("h", "w", "scale"), [(2, 3, 1), (7, 7, 0.25), (1, 1, 0.5)])
def test_gradient(make_layer, library, h, w, scale):
    check_gradients(*make_layer(roi_pooling(h, w, scale), (2, 2, 9, 12), REGIONS))


def test_both_kernels_agree_on_nan(make_layer):
    pytest.importorskip("numba")
    x = np.random.default_rng(3).standard_normal((2, 3, 9, 12))
    x[0, 1, 4, 4] = np.nan
    results = []
    for name in ("numpy", "numba"):
        with choice.only(name):
            layer, bottom, top = make_layer(roi_pooling(), x, REGIONS)
            layer.forward(bottom, top)
            top[0].diff[...] = np.arange(top[0].count).reshape(top[0].shape)
            layer.backward(top, bottom)
        results.append((top[0].data.copy(), bottom[0].diff.copy()))
    assert np.isnan(results[0][0]).any()
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


def test_regions_get_a_gradient_of_0_if_anybody_asks(make_layer):
    layer, bottom, top = make_layer(roi_pooling(), (2, 3, 9, 12), REGIONS)
    assert [layer.allows_force_backward(i) for i in (0, 1)] == [True, False]
    layer.forward(bottom, top)
    bottom[1].diff[...] = 7
    layer.propagate_down = [False, True]
    layer.backward(top, bottom)
    assert not bottom[1].diff.any()
    assert not bottom[0].has_diff


def test_the_number_of_regions_may_change_even_to_none(make_layer, library):
    layer, bottom, top = make_layer(roi_pooling(), (2, 3, 9, 12), REGIONS)
    for regions in (REGIONS[:2], REGIONS[:0]):
        bottom[1].reshape(len(regions), 5)
        bottom[1].data[...] = np.reshape(regions, (-1, 5))
        layer.reshape(bottom, top)
        layer.forward(bottom, top)
        top[0].diff[...] = 1
        layer.backward(top, bottom)
        expected = definition(bottom[0].data, regions, 2, 3, 1)
        assert top[0].data.tolist() == expected.tolist()


def test_spatial_scale_is_1_by_default(make_layer):
    prototxt = 'type: "ROIPooling" roi_pooling_param { pooled_h: 1 pooled_w: 1 }'
    layer, bottom, top = make_layer(prototxt, (2, 3, 9, 12), REGIONS)
    layer.forward(bottom, top)
    assert top[0].data.tolist() == definition(bottom[0].data, REGIONS, 1, 1, 1).tolist()


@pytest.mark.parametrize("item", [2, -1, np.nan])
def test_a_region_of_no_item_is_named(make_layer, item):
    layer, bottom, top = make_layer(roi_pooling(), (2, 3, 9, 12), REGIONS)
    bottom[1].data[3, 0] = item
    with pytest.raises(
        ConfigError, match=rf"region 3 of bottom\[1\] is \({item:g}, 5, 6"
    ) as caught:
        layer.forward(bottom, top)
    assert caught.value.item == 3


@pytest.mark.parametrize(
    ("prototxt", "x", "regions", "message"),
    [
        (roi_pooling(h=0), (1, 1, 2, 2), (1, 5), "roi_pooling_param.pooled_h is required"),
        (roi_pooling(w=0), (1, 1, 2, 2), (1, 5), "roi_pooling_param.pooled_w is required"),
        (roi_pooling(scale=0), (1, 1, 2, 2), (1, 5), "spatial_scale: 0 must be above 0"),
        (roi_pooling(), (1, 1, 2), (1, 5), r"bottom\[0\] must be feature maps .*\(1, 1, 2\)"),
        (roi_pooling(), (1, 1, 2, 2), (1, 4), r"bottom\[1\] must be regions \(R, 5\).*\(1, 4\)"),
        (roi_pooling(), (1, 1, 2, 2), (1, 5, 2), r"bottom\[1\] must be regions .*\(1, 5, 2\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, prototxt, x, regions, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(ROIPooling\): .*{message}"):
        make_layer(prototxt, x, regions)
