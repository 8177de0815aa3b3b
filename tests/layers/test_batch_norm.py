import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

SHAPES = [(5,), (4, 3), (2, 3, 4), (2, 3, 2, 3), (2, 3, 2, 2, 2)]


def batch_norm(param="", more=""):
    return f'type: "BatchNorm" batch_norm_param {{ {param} }} {more}'


def by_channel(x):
    """x with channels first, then all else in one axis."""
    return np.moveaxis(x, 1, 0).reshape(x.shape[1], -1) if x.ndim > 1 else x[None]


def set_statistics(layer, mean, variance, weight=1.0):
    for blob, value in zip(layer.weights, (mean, variance, weight), strict=True):
        blob.data[...] = value


@pytest.mark.parametrize("shape", SHAPES)
def test_each_channel_has_mean_0_and_variance_1(make_layer, shape):
    layer, (x,), (y,) = make_layer(batch_norm("eps: 0.1"), shape)
    layer.forward([x], [y])
    for before, after in zip(by_channel(x.data), by_channel(y.data), strict=True):
        mean = sum(before) / len(before)
        variance = sum((before - mean) ** 2) / len(before)
        np.testing.assert_allclose(
            after, (before - mean) / np.sqrt(variance + 0.1), rtol=1e-7, atol=1e-12
        )


@pytest.mark.parametrize("shape", SHAPES)
def test_gradient(make_layer, shape):
    check_gradients(*make_layer(batch_norm(), shape))


def test_running_sums_forget_by_the_moving_average_fraction(make_layer, rng):
    param = "moving_average_fraction: 0.75"
    layer, (x,), (y,) = make_layer(batch_norm(param), (2, 3, 4))
    set_statistics(layer, 0, 0, 0)
    mean_sum, variance_sum, weight = np.zeros(3), np.zeros(3), 0
    for _ in range(3):
        x.data[...] = rng.standard_normal(x.shape)
        layer.forward([x], [y])
        channels = by_channel(x.data)
        mean_sum = 0.75 * mean_sum + channels.mean(axis=1)
        variance_sum = 0.75 * variance_sum + channels.var(axis=1, ddof=1)
        weight = 0.75 * weight + 1
    for blob, expected in zip(layer.weights, (mean_sum, variance_sum, weight), strict=True):
        np.testing.assert_allclose(blob.data, expected, rtol=1e-12)


def test_the_variance_of_a_single_number_is_not_corrected(make_layer):
    layer, bottom, top = make_layer(batch_norm(), [[5.0, 7]])
    set_statistics(layer, 0, 0, 0)
    layer.forward(bottom, top)
    assert [weight.data.tolist() for weight in layer.weights] == [[5, 7], [0, 0], [1]]
    assert top[0].data.tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("param", "phase", "is_global"),
    [
        ("", "TEST", True),
        ("", "TRAIN", False),
        ("use_global_stats: true", "TRAIN", True),
        ("use_global_stats: false", "TEST", False),
    ],
)
def test_running_values_are_used_in_phase_test_or_when_asked_for(
    make_layer, param, phase, is_global
):
    layer, (x,), (y,) = make_layer(batch_norm(param), (4, 2), phase=phase)
    set_statistics(layer, [2, -4], [8, 18], 2)
    layer.forward([x], [y])
    remembered = (x.data - [1, -2]) / np.sqrt(np.array([4, 9]) + 1e-5)
    assert np.allclose(y.data, remembered, rtol=1e-7) == is_global
    assert (layer.weights[2].data[0] == 2) == is_global


def test_running_values_of_weight_0_are_0(make_layer):
    layer, (x,), (y,) = make_layer(batch_norm("eps: 0.25"), (4, 2), phase="TEST")
    set_statistics(layer, 3, 3, 0)
    layer.forward([x], [y])
    np.testing.assert_allclose(y.data, x.data * 2, rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_running_values_do_not_move_with_x_in_backward(make_layer, rng, shape):
    layer, (x,), (y,) = make_layer(batch_norm(), shape, phase="TEST")
    set_statistics(layer, rng.standard_normal(), rng.uniform(1, 2), 3)
    layer.forward([x], [y])
    before = y.data.copy()
    dy = rng.standard_normal(shape)
    y.diff[...] = dy
    layer.backward([y], [x])
    x.data[...] += dy
    layer.forward([x], [y])
    # y is x times a constant and another: the gradient times dy is what dy does to y.
    np.testing.assert_allclose(x.diff, y.data - before, rtol=1e-9)


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_in_place_gives_what_two_blobs_give(make_layer, rng, phase):
    layer, (x,), (y,) = make_layer(batch_norm(), (4, 3, 5), phase=phase)
    set_statistics(layer, 1, 2)
    dy = rng.standard_normal(x.shape)
    layer.forward([x], [y])
    y.diff[...] = dy
    layer.backward([y], [x])
    value, dx = y.data.copy(), x.diff.copy()

    set_statistics(layer, 1, 2)
    layer.reshape([x], [x])
    layer.forward([x], [x])
    np.testing.assert_array_equal(x.data, value)
    x.data[...] = 0  # as a layer after this one may do, in place too
    for _ in range(2):  # backward may run again after one forward
        x.diff[...] = dy
        layer.backward([x], [x])
        np.testing.assert_allclose(x.diff, dx, rtol=1e-12, atol=1e-15)


def test_a_small_variance_far_from_0_keeps_its_digits(make_layer, rng):
    x = 1000 + 0.1 * rng.standard_normal((8, 2, 64, 64))
    layer, bottom, top = make_layer(batch_norm("eps: 0"), x, dtype="float32")
    layer.forward(bottom, top)
    exact = by_channel(bottom[0].data.astype("float64"))
    mean, deviation = (s(exact, axis=1, keepdims=True) for s in (np.mean, np.std))
    error = by_channel(top[0].data) - (exact - mean) / deviation
    # Neighbouring floats at 1000 are 6e-5 apart, which is 6e-4 deviations.
    assert abs(error).max() < 6.1e-4


def test_statistics_are_not_learned(make_layer):
    layer, bottom, top = make_layer(batch_norm(more="param { lr_mult: 0 decay_mult: 0 }"), (4, 3))
    assert [spec.lr_mult for spec in layer.param.param] == [0, 0, 0]
    layer.forward(bottom, top)
    layer.backward(top, bottom)
    assert not any(weight.data.any() and weight.has_diff for weight in layer.weights)


def test_nothing_is_written_where_nobody_wants_a_gradient(make_layer):
    layer, bottom, top = make_layer(batch_norm(), (4, 3))
    layer.forward(bottom, top)
    layer.propagate_down = [False]
    layer.backward(top, bottom)
    assert not bottom[0].has_diff


@pytest.mark.parametrize(
    ("more", "index", "found"),
    [("param { lr_mult: 0.5 }", 0, "0.5"), ("param { lr_mult: 0 } param { }", 1, "1")],
)
def test_a_learning_rate_for_statistics_is_refused(make_layer, more, index, found):
    message = rf"layer 'it' \(BatchNorm\): param\[{index}\].lr_mult: {found} must be 0, .*measured"
    with pytest.raises(ConfigError, match=message):
        make_layer(batch_norm(more=more), (4, 3))


def test_other_channels_than_were_measured_are_named(make_layer):
    layer, (x,), top = make_layer(batch_norm(), (4, 3))
    x.reshape(4, 5)
    with pytest.raises(ConfigError, match=r"made for 3 channels; .*\(4, 5\), has 5"):
        layer.reshape([x], top)


def test_a_relu_inside_is_refused(make_layer):
    with pytest.raises(ConfigError, match="batch_norm_param.relu: true is not supported; put a Re"):
        make_layer(batch_norm("relu: true"), (4, 3))


def test_a_bottom_without_axes_is_refused(make_layer):
    with pytest.raises(ConfigError, match=r"needs a bottom with items, .*got shape \(\)"):
        make_layer(batch_norm(), ())


SCALED = "scale_filler { value: 2 } bias_filler { value: -1 }"


@pytest.mark.parametrize("shape", SHAPES[1:])
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_scale_bias_is_a_scale_layer_inside(make_layer, rng, shape, phase):
    layer, (x,), (y,) = make_layer(batch_norm("scale_bias: true"), shape, phase=phase)
    plain, _, (middle,) = make_layer(batch_norm(), x.data, phase=phase)
    scale, _, (expected,) = make_layer('type: "Scale" scale_param { bias_term: true }', shape)
    for copy, weight in zip([*plain.weights, *scale.weights], layer.weights, strict=True):
        weight.data[...] = rng.uniform(1, 2, weight.shape)
        copy.data[...] = weight.data
    layer.forward([x], [y])
    plain.forward([x], [middle])
    scale.forward([middle], [expected])
    np.testing.assert_allclose(y.data, expected.data, rtol=1e-12)
    y.diff[...] = rng.standard_normal(shape)
    expected.diff[...] = y.diff
    layer.backward([y], [x])
    dx = x.diff.copy()
    scale.backward([expected], [middle])
    plain.backward([middle], [x])
    np.testing.assert_allclose(dx, x.diff, rtol=1e-9, atol=1e-12)
    for copy, weight in zip(scale.weights, layer.weights[3:], strict=True):
        np.testing.assert_allclose(weight.diff, copy.diff, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("param", "values"),
    [
        ("scale_bias: true", (1, 0)),
        (SCALED, (2, -1)),
        ("scale_filler { value: 3 }", (3, 0)),
        ("bias_filler { value: 4 }", (1, 4)),
    ],
)
def test_fillers_of_scale_and_bias(make_layer, param, values):
    layer, _, _ = make_layer(batch_norm(param), (4, 2))
    for weight in layer.weights:
        weight.data[...] = 0
    layer.fill_weights()
    assert [weight.shape for weight in layer.weights] == [(2,), (2,), (1,), (2,), (2,)]
    assert [weight.data[0] for weight in layer.weights[3:]] == list(values)
    assert [spec.lr_mult for spec in layer.param.param] == [0, 0, 0]  # the others are learned


def test_scale_and_bias_learn_where_x_has_no_gradient(make_layer, rng):
    layer, (x,), (y,) = make_layer(batch_norm(SCALED), (4, 3))
    layer.forward([x], [y])
    y.diff[...] = rng.standard_normal((4, 3))
    layer.propagate_down = [False]
    layer.backward([y], [x])
    np.testing.assert_allclose(layer.weights[4].diff, y.diff.sum(axis=0))
    assert not x.has_diff
