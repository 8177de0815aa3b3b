import numpy as np
import pytest

from cortado.proto import ConfigError


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ("", [np.exp(-1), 1, np.exp(2)]),
        ("base: 2", [0.5, 1, 4]),
        ("base: 10 scale: 2 shift: -1", [0.001, 0.1, 1000]),
        ("base: 1 scale: 5 shift: 7", [1, 1, 1]),
        ("scale: 0 shift: 2", [np.exp(2)] * 3),
    ],
)
def test_forward(make_layer, param, expected):
    layer, bottom, top = make_layer(f'type: "Exp" exp_param {{ {param} }}', [-1, 0, 2])
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data, expected, rtol=1e-12)


def test_overflow_is_infinite_and_silent(make_layer):
    layer, bottom, top = make_layer('type: "Exp"', [1000.0])
    layer.forward(bottom, top)
    assert top[0].data.tolist() == [np.inf]


@pytest.mark.parametrize("base", [0, -2])
def test_bases_without_powers_are_refused(make_layer, base):
    with pytest.raises(ConfigError, match=f"exp_param.base: {base} must be above 0, or -1 for e"):
        make_layer(f'type: "Exp" exp_param {{ base: {base} }}', (3,))


@pytest.mark.parametrize(
    "param", ["shift: 1000", "base: 2 shift: 4294967295", "base: 0.5 shift: -2e9"]
)
def test_a_shift_that_makes_everything_infinite_is_refused(make_layer, param):
    with pytest.raises(ConfigError, match=r"exp_param.shift: \S+ is too large: base \*\* shift is"):
        make_layer(f'type: "Exp" exp_param {{ {param} }}', (3,))
