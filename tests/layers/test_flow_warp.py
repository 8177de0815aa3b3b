import math

import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def flow_warp(fields=""):
    return f'type: "FlowWarp" flow_warp_param {{ {fields} }}'


def flow(n=2, h=4, w=5, size=1.5):
    """Away from whole numbers, where the interpolation has a kink."""
    moves = np.random.default_rng(4).normal(0, size, (n, 2, h, w))
    return np.floor(moves) + 0.1 + 0.8 * (moves % 1)


def definition(x, flow, fill=0.0):
    y = np.full(x.shape, float(fill))
    _, channels, height, width = x.shape
    for n, i, j in np.ndindex(len(x), height, width):
        row, column = i + flow[n, 1, i, j], j + flow[n, 0, i, j]
        if not (0 <= row < height and 0 <= column < width):
            continue
        top, left = math.floor(row), math.floor(column)
        bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
        b, a = row - top, column - left
        for c in range(channels):
            p = x[n, c]
            above = (1 - a) * p[top, left] + a * p[top, right]
            below = (1 - a) * p[bottom, left] + a * p[bottom, right]
            y[n, c, i, j] = (1 - b) * above + b * below
    return y


@pytest.mark.parametrize(
    ("fields", "fill"), [("", 0), ("fill_value: ZERO", 0), ("fill_value: NOT_A_NUMBER", np.nan)]
)
def test_each_pixel_comes_from_where_the_flow_says(make_layer, fields, fill):
    layer, bottom, top = make_layer(flow_warp(fields), (2, 3, 4, 5), flow())
    layer.forward(bottom, top)
    expected = definition(*(blob.data for blob in bottom), fill)
    assert 0 < np.isclose(expected, fill, equal_nan=True).sum() < expected.size
    np.testing.assert_allclose(top[0].data, expected, rtol=1e-9, atol=1e-12)


def test_no_flow_changes_nothing(make_layer):
    layer, bottom, top = make_layer(flow_warp(), (2, 3, 4, 5), np.zeros((2, 2, 4, 5)))
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, bottom[0].data)


def test_gradient(make_layer):
    check_gradients(*make_layer(flow_warp(), (2, 3, 4, 5), flow()))


def test_what_comes_from_outside_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(
        flow_warp("fill_value: NOT_A_NUMBER"), (1, 1, 2, 2), np.full((1, 2, 2, 2), [[[9]], [[0]]])
    )
    layer.forward(bottom, top)
    top[0].diff[...] = np.nan
    layer.backward(top, bottom)
    assert np.isnan(top[0].data).all()
    assert not bottom[0].diff.any()
    assert not bottom[1].diff.any()


def test_a_flow_that_is_no_number_leads_nowhere(make_layer):
    moves = np.zeros((1, 2, 2, 2))
    moves[0, 0, 1, 1] = np.nan
    layer, bottom, top = make_layer(flow_warp(), np.ones((1, 1, 2, 2)), moves)
    layer.forward(bottom, top)
    assert top[0].data.tolist() == [[[[1, 1], [1, 0]]]]


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 3, 4), (2, 2, 4)], r"bottom\[0\] must be \(N, C, H, W\), got shape \(2, 3, 4\)"),
        ([(2, 3, 4, 5), (2, 1, 4, 5)], r"bottom\[1\] must be a flow \(2, 2, 4, 5\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(FlowWarp\): .*{message}"):
        make_layer(flow_warp(), *shapes)
