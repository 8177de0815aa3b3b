import numpy as np

from cortado.core.gradient_check import check_gradients


def test_values(make_layer):
    layer, bottom, top = make_layer('type: "Mish"', [-1000.0, -1, 0, 2, 1000])
    layer.forward(bottom, top)
    expected = [0, -np.tanh(np.log1p(np.exp(-1))), 0, 2 * np.tanh(np.log1p(np.exp(2))), 1000]
    np.testing.assert_allclose(top[0].data, expected, atol=1e-14)


def test_gradient(make_layer):
    check_gradients(*make_layer('type: "Mish"', (3, 5)))
