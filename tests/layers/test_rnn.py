import numpy as np
import pytest

CONT = np.array([[0, 1, 1], [1, 1, 0], [1, 0, 1], [1, 1, 1]])


def rnn(x, cont, weights, static=None, h=0.0):
    """The definition, one step of one stream at a time: returns all o and the last h."""
    w_x, b, *w_static, w_h, w_o, b_o = weights
    steps, streams = cont.shape
    y = np.zeros((steps, streams, len(b_o)))
    h = np.zeros((streams, len(b_o))) + h
    for t, n in np.ndindex(cont.shape):
        total = w_x @ x[t, n].ravel() + b + w_h @ (cont[t, n] * h[n])
        if static is not None:
            total += w_static[0] @ static[n].ravel()
        h[n] = np.tanh(total)
        y[t, n] = np.tanh(w_o @ h[n] + b_o)
    return y, h


def param(more=""):
    return f'type: "RNN" recurrent_param {{ num_output: 2 {more} }}'


def test_forward_matches_the_definition(make_layer):
    layer, bottom, top = make_layer(param(), (4, 3, 5), CONT)
    layer.forward(bottom, top)
    y, h = rnn(bottom[0].data, CONT, [w.data for w in layer.weights])
    np.testing.assert_allclose(top[0].data, y, rtol=1e-12)
    layer.forward(bottom, top)
    y, _ = rnn(bottom[0].data, CONT, [w.data for w in layer.weights], h=h)
    np.testing.assert_allclose(top[0].data, y, rtol=1e-12)


def test_static_input_enters_every_step(make_layer):
    layer, bottom, top = make_layer(param(), (4, 3, 5), CONT, (3, 2, 2))
    layer.forward(bottom, top)
    y, _ = rnn(bottom[0].data, CONT, [w.data for w in layer.weights], bottom[2].data)
    np.testing.assert_allclose(top[0].data, y, rtol=1e-12)


@pytest.mark.parametrize("static", [False, True])
def test_the_exposed_state_is_h_not_the_output(make_layer, static):
    shapes = [(3, 4)] * static + [(1, 3, 2)]
    layer, bottom, top = make_layer(param("expose_hidden: true"), (4, 3, 5), CONT, *shapes, tops=2)
    layer.forward(bottom, top)
    x, _, *more, h_0 = (blob.data for blob in bottom)
    weights = [w.data for w in layer.weights]
    y, h = rnn(x, CONT, weights, more[0] if static else None, h_0[0])
    np.testing.assert_allclose(top[0].data, y, rtol=1e-12)
    np.testing.assert_allclose(top[1].data[0], h, rtol=1e-12)


def test_weights_are_those_of_a_caffemodel(make_layer):
    layer, _, _ = make_layer(param(), (4, 3, 5), CONT, (3, 7))
    shapes = [(2, 5), (2,), (2, 7), (2, 2), (2, 2), (2,)]
    assert [w.shape for w in layer.weights] == shapes


def test_fillers_fill_weights_and_biases(make_layer):
    fillers = 'weight_filler { type: "constant" value: 2 } bias_filler { value: 3 }'
    layer, _, _ = make_layer(param(fillers), (4, 3, 5), CONT, (3, 7))
    layer.fill_weights()
    assert [w.data.flat[0] for w in layer.weights] == [2, 3, 2, 2, 2, 3]
