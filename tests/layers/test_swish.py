import numpy as np


def test_values(make_layer):
    x = np.array([-1000.0, -1, 0, 2, 1000])
    layer, bottom, top = make_layer('type: "Swish" swish_param { beta: 3 }', x)
    layer.forward(bottom, top)
    expected = [0, -1 / (1 + np.exp(3)), 0, 2 / (1 + np.exp(-6)), 1000]
    np.testing.assert_allclose(top[0].data, expected, atol=1e-14)


def test_beta_is_1_by_default(make_layer):
    layer, bottom, top = make_layer('type: "Swish"', [1.0])
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data, 1 / (1 + np.exp(-1)))
