import numpy as np
import pytest

from cortado.proto import ConfigError

CONT = np.array([[0, 1, 1], [1, 1, 0], [1, 0, 1], [1, 1, 1]])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(x, cont, weights, static=None, h=0.0, c=0.0):
    """The definition, a number at a time: returns all h, the last h and the last c."""
    w_x, b, *w_static, w_h = weights
    size = w_h.shape[1]
    steps, streams = cont.shape
    y = np.zeros((steps, streams, size))
    h, c = np.zeros((streams, size)) + h, np.zeros((streams, size)) + c
    for t, n in np.ndindex(cont.shape):
        gates = w_x @ x[t, n].ravel() + b + w_h @ (cont[t, n] * h[n])
        if static is not None:
            gates += w_static[0] @ static[n].ravel()
        for d in range(size):
            i, f, o, g = (gates[k * size + d] for k in range(4))
            c[n, d] = sigmoid(f) * cont[t, n] * c[n, d] + sigmoid(i) * np.tanh(g)
            h[n, d] = y[t, n, d] = sigmoid(o) * np.tanh(c[n, d])
    return y, h, c


def param(more=""):
    return f'type: "LSTM" recurrent_param {{ num_output: 2 {more} }}'


def test_forward_matches_the_definition(make_layer):
    layer, bottom, top = make_layer(param(), (4, 3, 5), CONT)
    layer.forward(bottom, top)
    y, h, c = lstm(bottom[0].data, CONT, [w.data for w in layer.weights])
    np.testing.assert_allclose(top[0].data, y, rtol=1e-12)
    layer.forward(bottom, top)
    y, _, _ = lstm(bottom[0].data, CONT, [w.data for w in layer.weights], h=h, c=c)
    np.testing.assert_allclose(top[0].data, y, rtol=1e-12)


def test_static_input_enters_every_step(make_layer):
    layer, bottom, top = make_layer(param(), (4, 3, 5), CONT, (3, 2, 2))
    layer.forward(bottom, top)
    y, _, _ = lstm(bottom[0].data, CONT, [w.data for w in layer.weights], bottom[2].data)
    np.testing.assert_allclose(top[0].data, y, rtol=1e-12)


@pytest.mark.parametrize("static", [False, True])
def test_exposed_states_come_as_h_then_c(make_layer, static):
    shapes = [(3, 4)] * static + [(1, 3, 2)] * 2
    layer, bottom, top = make_layer(param("expose_hidden: true"), (4, 3, 5), CONT, *shapes, tops=3)
    layer.forward(bottom, top)
    x, _, *more, h_0, c_0 = (blob.data for blob in bottom)
    weights = [w.data for w in layer.weights]
    expected = lstm(x, CONT, weights, more[0] if static else None, h_0[0], c_0[0])
    for blob, values in zip(top, expected, strict=True):
        np.testing.assert_allclose(blob.data.reshape(values.shape), values, rtol=1e-12)
    assert [blob.shape for blob in top] == [(4, 3, 2), (1, 3, 2), (1, 3, 2)]


def test_large_gates_saturate_without_overflow(make_layer):
    layer, bottom, top = make_layer(param(), (4, 3, 5), CONT, dtype="float32")
    bottom[0].data[...] *= 1e4
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert np.isfinite(top[0].data).all()
    assert np.isfinite(bottom[0].diff).all()


def test_weights_are_those_of_a_caffemodel(make_layer):
    layer, _, _ = make_layer(param(), (4, 3, 5), CONT, (3, 7))
    assert [w.shape for w in layer.weights] == [(8, 5), (8,), (8, 7), (8, 2)]


def test_fillers_fill_weights_and_biases(make_layer):
    fillers = 'weight_filler { type: "constant" value: 2 } bias_filler { value: 3 }'
    layer, _, _ = make_layer(param(fillers), (4, 3, 5), CONT, (3, 7))
    layer.fill_weights()
    assert [w.data.flat[0] for w in layer.weights] == [2, 3, 2, 2]


def test_a_bad_filler_is_named(make_layer):
    with pytest.raises(ConfigError, match=r"^layer 'it' \(LSTM\): filler: unknown type 'xaver'"):
        make_layer(param('weight_filler { type: "xaver" }'), (4, 3, 5), CONT)
