import numpy as np
import pytest


@pytest.mark.parametrize("alpha", [0.5, 1, 2, -1])
def test_values_and_gradient(make_layer, alpha):
    x = np.array([-3.0, -0.1, 0, 0.1, 500])
    layer, bottom, top = make_layer(f'type: "ELU" elu_param {{ alpha: {alpha} }}', x)
    layer.forward(bottom, top)
    above = x > 0
    expected = np.where(above, x, alpha * (np.exp(np.minimum(x, 0)) - 1))
    np.testing.assert_allclose(top[0].data, expected, atol=1e-15)
    top[0].diff[...] = 3
    layer.backward(top, bottom)
    slope = np.where(above, 1, alpha * np.exp(np.minimum(x, 0)))
    np.testing.assert_allclose(bottom[0].diff, 3 * slope, atol=1e-14)
