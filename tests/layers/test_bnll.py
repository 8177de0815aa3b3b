import numpy as np


def test_large_values_do_not_overflow(make_layer):
    x = np.array([-1000, -40, -1, 0, 1, 40, 1000])
    layer, bottom, top = make_layer('type: "BNLL"', x)
    layer.forward(bottom, top)
    expected = [0, np.exp(-40), np.log1p(np.exp(-1)), np.log(2), np.log1p(np.e), 40, 1000]
    np.testing.assert_allclose(top[0].data, expected, rtol=1e-12)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    sigmoid = [0, np.exp(-40), 1 / (1 + np.e), 0.5, np.e / (1 + np.e), 1, 1]
    np.testing.assert_allclose(bottom[0].diff, sigmoid, rtol=1e-12)
