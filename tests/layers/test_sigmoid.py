import numpy as np


def test_values_and_gradient(make_layer):
    layer, bottom, top = make_layer('type: "Sigmoid"', [-1000, -1, 0, 1, 1000])
    layer.forward(bottom, top)
    expected = np.array([0, 1 / (1 + np.e), 0.5, np.e / (1 + np.e), 1])
    np.testing.assert_allclose(top[0].data, expected, atol=1e-15)
    top[0].diff[...] = 2
    layer.backward(top, bottom)
    np.testing.assert_allclose(bottom[0].diff, 2 * expected * (1 - expected), atol=1e-15)
