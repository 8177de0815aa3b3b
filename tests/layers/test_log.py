import numpy as np
import pytest

from cortado.proto import ConfigError


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ("", [0, np.log(4)]),
        ("base: 2", [0, 2]),
        ("base: 10 scale: 30 shift: -20", [1, 2]),
    ],
)
def test_forward(make_layer, param, expected):
    layer, bottom, top = make_layer(f'type: "Log" log_param {{ {param} }}', [1, 4])
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data, expected, rtol=1e-12)


def test_logarithms_that_do_not_exist_pass_silently(make_layer):
    layer, bottom, top = make_layer('type: "Log"', [0.0, -1])
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, [-np.inf, np.nan])
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    np.testing.assert_array_equal(bottom[0].diff, [np.inf, -1])


@pytest.mark.parametrize("base", [0, -2, 1])
def test_bases_without_logarithm_are_refused(make_layer, base):
    message = f"log_param.base: {base} must be above 0 and not 1, or -1 for e"
    with pytest.raises(ConfigError, match=message):
        make_layer(f'type: "Log" log_param {{ base: {base} }}', (3,))
