import json

import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.core.rng import stream
from cortado.kernels import choice
from cortado.kernels.cpu import thresholds
from cortado.layers.families import lottery
from cortado.proto import ConfigError


def dropout(param=""):
    return f'type: "Dropout" dropout_param {{ {param} }}'


def forward(layer, bottom, top):
    layer.forward(bottom, top)
    return top[0].data.copy()


@pytest.mark.parametrize(
    ("param", "factor"),
    [("dropout_ratio: 0.2", 1.25), ("dropout_ratio: 0.2 scale_train: false", 1)],
)
def test_training_drops_the_ratio_and_scales_the_rest(make_layer, param, factor):
    layer, bottom, top = make_layer(dropout(param), np.full((100, 1000), 3.0))
    y = forward(layer, bottom, top)
    np.testing.assert_allclose(np.unique(y), [0, 3 * factor])
    assert abs((y == 0).mean() - 0.2) < 0.01


def test_the_gradient_takes_the_same_way(make_layer):
    layer, bottom, top = make_layer(dropout(), np.ones((4, 5)))
    y = forward(layer, bottom, top)
    top[0].diff[...] = 7
    layer.backward(top, bottom)
    np.testing.assert_array_equal(bottom[0].diff, 7 * y)
    assert set(y.ravel()) == {0, 2}


@pytest.mark.parametrize(
    "param", ["", "dropout_ratio: 0.2", "dropout_ratio: 0.7 scale_train: false"]
)
@pytest.mark.parametrize("shape", [(5, 7), (2, 3, 4, 4), ()])
def test_gradient_of_one_draw(make_layer, monkeypatch, shape, param):
    layer, bottom, top = make_layer(dropout(param), shape)
    start, forward = layer.state(), layer.forward

    def draw_again(*blobs):
        layer.restore(start)
        forward(*blobs)

    monkeypatch.setattr(layer, "forward", draw_again)
    check_gradients(layer, bottom, top)


@pytest.mark.parametrize(
    ("param", "factor"),
    [("", 1), ("scale_train: false dropout_ratio: 0.25", 0.75), ("dropout_ratio: 0", 1)],
)
@pytest.mark.parametrize("in_place", [False, True])
def test_testing_drops_nothing(make_layer, param, factor, in_place):
    layer, bottom, top = make_layer(dropout(param), (4, 5), phase="TEST")
    x = bottom[0].data.copy()
    if in_place:
        top = bottom
        layer.reshape(bottom, top)
    np.testing.assert_allclose(forward(layer, bottom, top), factor * x)
    top[0].diff[...] = 2
    layer.backward(top, bottom)
    np.testing.assert_allclose(bottom[0].diff, 2 * factor)


def test_testing_leaves_the_bottom_alone(make_layer):
    layer, bottom, top = make_layer(dropout(), (4, 5), phase="TEST")
    x = bottom[0].data.copy()
    layer.forward(bottom, top)
    top[0].data[...] = 0
    np.testing.assert_array_equal(bottom[0].data, x)


def test_in_place_gives_what_two_blobs_give(make_layer):
    layer, bottom, top = make_layer(dropout(), (4, 5))
    start = layer.state()
    apart = forward(layer, bottom, top)
    layer.reshape(bottom, bottom)
    layer.restore(start)
    np.testing.assert_array_equal(forward(layer, bottom, bottom), apart)


def test_sample_weights_test_drops_in_testing_too(make_layer):
    layer, bottom, top = make_layer(
        dropout("sample_weights_test: true"), np.ones((10, 10)), phase="TEST"
    )
    first, second = forward(layer, bottom, top), forward(layer, bottom, top)
    assert set(first.ravel()) == {0, 2}
    assert (first != second).any()


def test_the_same_stream_drops_the_same(make_layer):
    results = []
    for seed in (1, 1, 2):
        layer, bottom, top = make_layer(dropout(), np.ones((10, 10)))
        layer.rng = stream(seed, "drop")
        layer.setup([(10, 10)])
        results.append(forward(layer, bottom, top))
    np.testing.assert_array_equal(results[0], results[1])
    assert (results[0] != results[2]).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_resumed_run_drops_what_the_unbroken_one_drops(make_layer, dtype):
    layer, bottom, top = make_layer(dropout(), np.ones(7), dtype=dtype)
    layer.forward(bottom, top)
    saved = json.dumps(layer.state())
    unbroken = [forward(layer, bottom, top) for _ in range(3)]

    layer, bottom, top = make_layer(dropout(), np.ones(7), dtype=dtype)
    layer.rng = stream(99)
    layer.setup([(7,)])
    layer.restore(json.loads(saved))
    np.testing.assert_array_equal([forward(layer, bottom, top) for _ in range(3)], unbroken)


def test_testing_has_no_state(make_layer):
    layer, _, _ = make_layer(dropout(), (3,), phase="TEST")
    assert layer.state() == {}
    layer.restore({})


def put_channels_last(blob):
    values = blob.data.copy()
    blob.channels_last = True
    blob.data[...] = values


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("in_place", [False, True])
def test_neither_library_nor_layout_changes_what_is_dropped(
    make_layer, monkeypatch, dtype, in_place
):
    monkeypatch.setattr(thresholds, "FEW_NUMBERS", 0)
    monkeypatch.setattr(lottery, "CHUNK", 500)
    x = np.random.default_rng(5).standard_normal((3, 4, 9, 31))
    results = []
    for library, layout in (
        ("numpy", "planes"),
        ("numba", "planes"),
        ("numpy", "channels last"),
        ("numba", "channels last"),
        ("numba", "mixed"),
    ):
        with choice.only(library):
            layer, bottom, top = make_layer(dropout("dropout_ratio: 0.3"), x, dtype=dtype)
            if layout != "planes":
                put_channels_last(bottom[0])
            if in_place:
                top = bottom
            elif layout == "channels last":
                put_channels_last(top[0])
            layer.prepare_kernels(bottom, top)
        y = forward(layer, bottom, top)
        top[0].diff[...] = x
        layer.backward(top, bottom)
        results.append((y, bottom[0].diff.copy()))
    for y, dx in results:
        np.testing.assert_array_equal(y, results[0][0])
        np.testing.assert_array_equal(dx, results[0][1])
        np.testing.assert_array_equal(dx == 0, y == 0)


@pytest.mark.parametrize("ratio", [-0.5, 1])
def test_the_ratio_must_leave_something(make_layer, ratio):
    message = f"dropout_param.dropout_ratio: {ratio} must be at least 0 and below 1"
    with pytest.raises(ConfigError, match=message):
        make_layer(dropout(f"dropout_ratio: {ratio}"), (3,))
