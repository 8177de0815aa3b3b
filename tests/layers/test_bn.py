import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

SHAPES = [(4, 3), (2, 3, 4), (2, 3, 2, 3), (2, 3, 2, 2, 2)]
SLOPES = "slope_filler { value: 1 } bias_filler { value: 0 }"
SCALES = "scale_filler { value: 1 } shift_filler { value: 0 }"


def bn(param="", more=""):
    return f'type: "BN" bn_param {{ {param} }} {more}'


def by_channel(x, axis=1):
    return np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)


def normalized(x, mean, variance, eps, weights):
    """The definition, for the channels of x (channels, all else)."""
    scale, shift = (weight.data.reshape(-1, 1) for weight in weights[:2])
    return scale * (x - mean) / np.sqrt(variance + eps) + shift


def statistics(x):
    return x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("param", "eps"), [(SLOPES, 1e-5), (f"{SCALES} var_eps: 0.1", 0.1), (SCALES, 1e-9)]
)
def test_training_takes_the_statistics_of_the_batch(make_layer, shape, param, eps):
    layer, (x,), (y,) = make_layer(bn(param), shape)
    layer.forward([x], [y])
    channels = by_channel(x.data)
    expected = normalized(channels, *statistics(channels), eps, layer.weights)
    np.testing.assert_allclose(by_channel(y.data), expected, rtol=1e-6, atol=1e-9)
    assert all(weight.shape == (1, 3, 1, 1) for weight in layer.weights)
    check_gradients_of_learned_weights(layer, [x], [y])


def check_gradients_of_learned_weights(layer, bottom, top):
    """Of the running values forward makes others every time; they have no gradient."""
    running = layer.weights[2:]
    del layer.weights[2:]
    layer.remember = lambda *statistics: None
    check_gradients(layer, bottom, top)
    layer.weights += running


@pytest.mark.parametrize(
    ("param", "share"),
    [
        (f"{SLOPES} momentum: 0.75", 0.25),
        (SLOPES, 0.1),
        (f"{SCALES} decay: 0.25", 0.25),
        (f"{SCALES} moving_average: true", 0.05),
        (f"{SLOPES} moving_average: true", 0.05),
    ],
)
def test_running_values_take_a_share_of_each_batch(make_layer, rng, param, share):
    layer, (x,), (y,) = make_layer(bn(param), (4, 3, 2))
    mean, variance = (weight.data.reshape(-1).copy() for weight in layer.weights[2:])
    for _ in range(3):
        x.data[...] = rng.standard_normal(x.shape)
        layer.forward([x], [y])
        channels = by_channel(x.data)
        mean += share * (channels.mean(axis=1) - mean)
        variance += share * (channels.var(axis=1) - variance)
    np.testing.assert_allclose(layer.weights[2].data.reshape(-1), mean, rtol=1e-6)
    np.testing.assert_allclose(layer.weights[3].data.reshape(-1), variance, rtol=1e-6)


@pytest.mark.parametrize(
    ("param", "phase"),
    [
        (SLOPES, "TEST"),
        (f"{SLOPES} frozen: true", "TRAIN"),
        (f"{SLOPES} frozen: true", "TEST"),
        (f"{SCALES} moving_average: true", "TEST"),
    ],
)
def test_the_running_values_stand_for_the_batch(make_layer, rng, param, phase):
    eps = 1e-10 if "moving" in param else 1e-5
    layer, (x,), (y,) = make_layer(bn(param), (4, 3, 2), phase=phase)
    layer.weights[3].data[...] = rng.uniform(1, 2, (1, 3, 1, 1))
    mean, variance = (weight.data.reshape(-1, 1).copy() for weight in layer.weights[2:])
    layer.forward([x], [y])
    expected = normalized(by_channel(x.data), mean, variance, eps, layer.weights)
    np.testing.assert_allclose(by_channel(y.data), expected, rtol=1e-6)
    np.testing.assert_array_equal(layer.weights[2].data.reshape(-1, 1), mean)
    before, dy = y.data.copy(), rng.standard_normal(y.shape)
    y.diff[...] = dy
    layer.backward([y], [x])
    x.data[...] += dy
    layer.forward([x], [y])
    np.testing.assert_allclose(x.diff, y.data - before, rtol=1e-9)  # y is linear in x


@pytest.mark.parametrize(
    ("param", "phase"),
    [(SCALES, "TEST"), ("bn_mode: LEARN", "TEST"), (f"{SCALES} decay: 0.1", "TEST")],
)
def test_the_batch_is_measured_in_phase_test_too(make_layer, param, phase):
    layer, (x,), (y,) = make_layer(bn(param), (4, 3, 2), phase=phase)
    kept = [weight.data.copy() for weight in layer.weights[2:]]
    layer.forward([x], [y])
    channels = by_channel(x.data)
    expected = normalized(channels, *statistics(channels), 0, layer.weights)
    np.testing.assert_allclose(by_channel(y.data), expected, rtol=1e-6, atol=1e-7)
    for weight, before in zip(layer.weights[2:], kept, strict=True):
        np.testing.assert_array_equal(weight.data, before)


def test_inference_is_scale_and_shift_alone(make_layer):
    layer, (x,), (y,) = make_layer(bn("bn_mode: INFERENCE"), (4, 3, 2))
    layer.forward([x], [y])
    scale, shift = (weight.data.reshape(-1, 1) for weight in layer.weights)
    np.testing.assert_allclose(by_channel(y.data), scale * by_channel(x.data) + shift, rtol=1e-12)
    check_gradients(layer, [x], [y])


def test_the_channels_may_be_on_axis_2(make_layer):
    layer, (x,), (y,) = make_layer(bn(f"{SCALES} axis: 2"), (2, 3, 4, 2))
    assert layer.weights[0].shape == (1, 1, 4, 1)
    layer.forward([x], [y])
    channels = by_channel(x.data, axis=2)
    expected = normalized(channels, *statistics(channels), 1e-10, layer.weights)
    np.testing.assert_allclose(by_channel(y.data, axis=2), expected, rtol=1e-6, atol=1e-8)
    check_gradients_of_learned_weights(layer, [x], [y])


@pytest.mark.parametrize("param", [SLOPES, SCALES, "bn_mode: INFERENCE", f"{SLOPES} frozen: true"])
def test_in_place_gives_what_two_blobs_give(make_layer, rng, param):
    results = []
    for in_place in (False, True):
        layer, (x,), (y,) = make_layer(bn(param), (4, 3, 5))
        layer.weights[1 if len(layer.weights) == 2 else 3].data[...] = 1
        top = x if in_place else y
        layer.reshape([x], [top])
        layer.forward([x], [top])
        value = top.data.copy()
        if in_place:
            x.data[...] = 0  # as a layer after this one may do
        top.diff[...] = np.random.default_rng(7).standard_normal(x.shape)
        layer.backward([top], [x])
        results.append([value, x.diff.copy(), *(weight.diff.copy() for weight in layer.weights)])
    for apart, together in zip(*results, strict=True):
        np.testing.assert_allclose(together, apart, rtol=1e-12, atol=1e-15)


def test_a_frozen_layer_gives_no_gradients_of_weights_and_starts_with_variance_1(make_layer):
    layer, (x,), (y,) = make_layer(bn("frozen: true"), (4, 3))
    layer.fill_weights()
    assert layer.weights[3].data.ravel().tolist() == [1, 1, 1]
    assert [spec.lr_mult for spec in layer.param.param] == [0, 0, 0, 0]
    layer.forward([x], [y])
    layer.backward([y], [x])
    assert not any(weight.has_diff for weight in layer.weights)


def test_running_values_are_not_learned_and_scale_starts_at_1(make_layer):
    layer, _, _ = make_layer(bn(more="param { lr_mult: 3 }"), (4, 2))
    assert [spec.lr_mult for spec in layer.param.param] == [3, 1, 0, 0]
    for weight in layer.weights:
        weight.data[...] = 0
    layer.fill_weights()
    assert [weight.data.ravel().tolist() for weight in layer.weights[:2]] == [[1, 1], [0, 0]]


def test_fillers_fill(make_layer):
    layer, _, _ = make_layer(bn("scale_filler { value: 3 } shift_filler { value: 4 }"), (4, 2))
    layer.fill_weights()
    assert [weight.data.ravel().tolist() for weight in layer.weights] == [[3, 3], [4, 4]]


@pytest.mark.parametrize(
    ("param", "shape", "message"),
    [
        ("momentum: 0.9 scale_filler { }", (2, 3), "scale_filler and momentum belong to different"),
        ("frozen: true bn_mode: LEARN", (2, 3), "bn_mode and frozen belong to different dialects"),
        ("decay: 0.1 scale_filler { } slope_filler { }", (2, 3), "and slope_filler belong to dif"),
        ("decay: 0.1 momentum: 0.5", (2, 3), "decay and momentum belong to different dialects"),
        ("decay: 0.1 bn_mode: LEARN", (2, 3), "decay and bn_mode belong to different dialects"),
        ("momentum: 1.5", (2, 3), "bn_param.momentum: 1.5 must be between 0 and 1"),
        ("decay: -1", (2, 3), "bn_param.decay: -1 must be between 0 and 1"),
        ("axis: 3", (2, 3, 4, 5), "bn_param.axis: 3 must be 1 or 2"),
        ("axis: 2", (2, 3), r"needs a bottom with channels on axis 2, got shape \(2, 3\)"),
        ("", (2,), r"needs a bottom with channels on axis 1, got shape \(2,\)"),
    ],
)
def test_errors(make_layer, param, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(BN\): .*{message}"):
        make_layer(bn(param), shape)


def test_other_channels_than_scale_was_made_for_are_named(make_layer):
    layer, (x,), top = make_layer(bn(), (4, 3))
    x.reshape(4, 5)
    with pytest.raises(ConfigError, match=r"made for 3 channels; .*\(4, 5\), has 5"):
        layer.reshape([x], top)
