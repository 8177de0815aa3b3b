import json

import numpy as np
import pytest

from cortado.proto import ConfigError


def noise(param=""):
    return f'type: "Noise" noise_param {{ {param} }}'


@pytest.mark.parametrize(
    ("param", "mean", "deviation"),
    [
        ("gaussian_std: 2 bias: 3", 3, 2),
        ("uniform_range: 1.5 bias: -1", -1, 1.5 / np.sqrt(3)),
        ("gaussian_std: 2 uniform_range: 9", 0, 2),
        ("", 0, 0),
        ("bias: 3", 0, 0),
    ],
)
def test_training_adds_noise(make_layer, param, mean, deviation):
    layer, (x,), (y,) = make_layer(noise(param), (200, 500))
    layer.forward([x], [y])
    added = y.data - x.data
    assert added.mean() == pytest.approx(mean, abs=0.03)
    assert added.std() == pytest.approx(deviation, abs=0.03)


def test_uniform_noise_stays_in_its_range(make_layer):
    layer, (x,), (y,) = make_layer(noise("uniform_range: 2 bias: 1"), np.zeros((100, 100)))
    layer.forward([x], [y])
    assert -1 <= y.data.min() < -0.9
    assert 2.9 < y.data.max() <= 3


def test_testing_changes_nothing(make_layer):
    layer, (x,), (y,) = make_layer(noise("gaussian_std: 2 bias: 3"), (3, 4), phase="TEST")
    layer.forward([x], [y])
    np.testing.assert_array_equal(x.data, y.data)
    assert layer.state() == {}


def test_the_gradient_passes_and_so_does_one_in_place(make_layer, rng):
    layer, (x,), (y,) = make_layer(noise("gaussian_std: 2"), (3, 4))
    layer.forward([x], [y])
    y.diff[...] = dy = rng.standard_normal(y.shape)
    layer.backward([y], [x])
    np.testing.assert_array_equal(x.diff, dy)
    layer.reshape([x], [x])
    before = x.data.copy()
    layer.forward([x], [x])
    assert not np.array_equal(x.data, before)
    layer.backward([x], [x])
    np.testing.assert_array_equal(x.diff, dy)


def test_a_restored_layer_goes_on_as_if_nothing_had_happened(make_layer):
    layer, bottom, top = make_layer(noise("gaussian_std: 2"), (3, 4))
    layer.forward(bottom, top)
    state = json.loads(json.dumps(layer.state()))
    layer.forward(bottom, top)
    expected = top[0].data.copy()
    other, bottom, top = make_layer(noise("gaussian_std: 2"), (3, 4))
    other.restore(state)
    other.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, expected)


@pytest.mark.parametrize("field", ["gaussian_std", "uniform_range"])
def test_errors(make_layer, field):
    message = rf"layer 'it' \(Noise\): noise_param.{field}: -1 must be 0 or more"
    with pytest.raises(ConfigError, match=message):
        make_layer(noise(f"{field}: -1"), (2,))
