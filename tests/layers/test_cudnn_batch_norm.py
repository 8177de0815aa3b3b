import numpy as np
import pytest

from cortado.proto import ConfigError


def norm(param=""):
    return f'type: "CuDNNBatchNorm" cudnn_batch_norm_param {{ {param} }}'


def by_channel(x):
    return np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)


def test_it_is_bn_but_for_the_running_variance(make_layer, rng):
    param = "momentum: 0.75 eps: 0.1"
    layer, (x,), (y,) = make_layer(norm(param), (4, 3, 5))
    other, _, (expected,) = make_layer(f'type: "BN" bn_param {{ {param} }}', x.data)
    for weight, copy in zip(layer.weights, other.weights, strict=True):
        copy.data[...] = weight.data
    variance = layer.weights[3].data.reshape(-1).copy()
    layer.forward([x], [y])
    other.forward([x], [expected])
    np.testing.assert_array_equal(y.data, expected.data)
    np.testing.assert_array_equal(layer.weights[2].data, other.weights[2].data)
    variance = 0.75 * variance + 0.25 * by_channel(x.data).var(axis=1, ddof=1)
    np.testing.assert_allclose(layer.weights[3].data.reshape(-1), variance, rtol=1e-7)
    for blob in (y, expected):
        blob.diff[...] = rng.standard_normal(y.shape) if blob is y else y.diff
    layer.backward([y], [x])
    dx = x.diff.copy()
    other.backward([expected], [x])
    np.testing.assert_array_equal(dx, x.diff)
    for weight, copy in zip(layer.weights[:2], other.weights[:2], strict=True):
        np.testing.assert_array_equal(weight.diff, copy.diff)


def test_a_single_number_has_its_variance_uncorrected(make_layer):
    layer, (x,), (y,) = make_layer(norm("momentum: 0"), [[5.0, 7]])
    layer.forward([x], [y])
    assert layer.weights[3].data.ravel().tolist() == [0, 0]


@pytest.mark.parametrize(("param", "phase"), [("", "TEST"), ("frozen: true", "TRAIN")])
def test_the_running_values_stand_for_the_batch(make_layer, param, phase):
    layer, (x,), (y,) = make_layer(norm(param), (4, 2), phase=phase)
    for weight, value in zip(layer.weights, (2, 1, 3, 0.25), strict=True):
        weight.data[...] = value
    layer.forward([x], [y])
    np.testing.assert_allclose(y.data, 2 * (x.data - 3) / np.sqrt(0.25 + 1e-5) + 1, rtol=1e-7)


def test_defaults(make_layer):
    layer, (x,), (y,) = make_layer(norm(), (4, 2))
    layer.fill_weights()
    assert [weight.shape for weight in layer.weights] == [(1, 2, 1, 1)] * 4
    assert layer.weights[0].data.ravel().tolist() == [1, 1]
    assert [spec.lr_mult for spec in layer.param.param] == [1, 1, 0, 0]
    layer.weights[2].data[...] = 0
    layer.forward([x], [y])
    mean = 0.001 * x.data.mean(axis=0)
    np.testing.assert_allclose(layer.weights[2].data.ravel(), mean, rtol=1e-4)


def test_a_momentum_beyond_1_is_refused(make_layer):
    with pytest.raises(ConfigError, match="cudnn_batch_norm_param.momentum: 2 must be between"):
        make_layer(norm("momentum: 2"), (4, 2))
