import numpy as np
import pytest

from cortado.core import log


def power(param):
    return f'type: "Power" bottom: "x" top: "y" power_param {{ {param} }}'


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ("", [-1, 0, 3]),
        ("scale: 2 shift: 1", [-1, 1, 7]),
        ("power: 2", [1, 0, 9]),
        ("power: 3 scale: -1", [1, 0, -27]),
        ("power: 0.5 shift: 1", [0, 1, 2]),
        ("power: -1 shift: 1", [np.inf, 1, 0.25]),
        ("power: 0 scale: 5", [1, 1, 1]),
        ("power: 2 scale: 0 shift: 3", [9, 9, 9]),
        ("power: 0.5 scale: 0 shift: -3", [np.nan] * 3),
    ],
)
def test_forward(make_layer, param, expected):
    layer, bottom, top = make_layer(power(param), [-1, 0, 3])
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data, expected, rtol=1e-12)


@pytest.mark.parametrize("param", ["power: 0", "power: 2 scale: 0 shift: 3"])
def test_a_constant_ignores_its_input(make_layer, param):
    layer, bottom, top = make_layer(power(param), [np.nan, np.inf])
    layer.forward(bottom, top)
    assert np.isfinite(top[0].data).all()


def test_the_gradient_at_0_is_finite_where_it_exists(make_layer):
    layer, bottom, top = make_layer(power("power: 3"), [0.0, 1])
    layer.forward(bottom, top)
    top[0].diff[...] = 2
    layer.backward(top, bottom)
    assert bottom[0].diff.tolist() == [0, 6]


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ("power: 3", [9, 9]),  # (power * y / y)^2
        ("power: 2 scale: 2", [32**2, 288**2]),  # (power * scale * scale * y)^2
        ("power: 3 shift: -1", [0, (3 * 8 / 7) ** 2]),  # (power * y / (shift + y))^2
    ],
)
def test_in_place_backward_repeats_caffes_mistake(make_layer, param, expected):
    layer, (blob,), _ = make_layer(power(param), [1.0, 3])
    layer.reshape([blob], [blob])
    layer.forward([blob], [blob])
    blob.diff[...] = 5
    layer.backward([blob], [blob])
    np.testing.assert_allclose(blob.diff, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("param", "phase", "warnings"),
    [("power: 3", "TRAIN", 1), ("power: 3", "TEST", 0), ("scale: 3", "TRAIN", 0)],
)
def test_training_in_place_is_warned_of(make_layer, monkeypatch, param, phase, warnings):
    found = []
    monkeypatch.setattr(log, "warning", lambda source, message: found.append(message))
    make_layer(power(param).replace('"y"', '"x"'), (2,), phase=phase)
    assert [("has no true gradient in place" in message) for message in found] == [True] * warnings
