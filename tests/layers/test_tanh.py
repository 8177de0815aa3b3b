import numpy as np


def test_values_and_gradient(make_layer):
    x = np.array([-1000, -1, 0, 1, 1000])
    layer, bottom, top = make_layer('type: "TanH"', x)
    layer.forward(bottom, top)
    e2 = np.exp(2)
    expected = np.array([-1, (1 - e2) / (1 + e2), 0, (e2 - 1) / (e2 + 1), 1])
    np.testing.assert_allclose(top[0].data, expected)
    top[0].diff[...] = 2
    layer.backward(top, bottom)
    np.testing.assert_allclose(bottom[0].diff, 2 - 2 * expected**2, atol=1e-15)
