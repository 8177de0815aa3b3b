import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
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


# The other LSTM: type "Lstm".


def other_lstm(fields="", more="num_output: 4"):
    return f'type: "Lstm" lstm_param {{ {more} {fields} }}'


def one_stream(weights, x, cont, h, c):
    """h at every step of x (T, I)."""
    w_x, w_h, b = (weight.data for weight in weights)
    outputs = []
    for row, goes_on in zip(x, cont, strict=True):
        h, c = h * goes_on, c * goes_on
        i, f, o, g = np.split(w_x @ row + b + w_h @ h, 4)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        outputs.append(h)
    return outputs, h, c


def test_other_lstm_without_cont_starts_anew_with_each_batch(make_layer):
    layer, bottom, top = make_layer(other_lstm(), (5, 3, 2, 1))
    assert [weight.shape for weight in layer.weights] == [(16, 2), (16, 4), (16,)]
    for _ in range(2):
        layer.forward(bottom, top)
        assert top[0].shape == (5, 3, 4)
        for n in range(3):
            x = bottom[0].data[:, n].reshape(5, 2)
            expected, _, _ = one_stream(layer.weights, x, [1] * 5, np.zeros(4), np.zeros(4))
            np.testing.assert_allclose(top[0].data[:, n], expected)


def test_other_lstm_with_cont_goes_on_where_the_last_batch_ended(make_layer):
    cont = np.array([[1, 0], [1, 1], [0, 1]])
    layer, bottom, top = make_layer(other_lstm(), (3, 2, 5), cont)
    states = [(np.zeros(4), np.zeros(4))] * 2
    for _ in range(2):
        layer.forward(bottom, top)
        for n in range(2):
            expected, *states[n] = one_stream(
                layer.weights, bottom[0].data[:, n], cont[:, n], *states[n]
            )
            np.testing.assert_allclose(top[0].data[:, n], expected)


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 1, 1)])
def test_other_lstm_takes_steps_and_streams_on_one_axis(make_layer, shape):
    x = np.random.default_rng(3).standard_normal(shape)
    layer, bottom, top = make_layer(other_lstm("batch_size: 2"), x, np.array([0, 0, 1, 1, 1, 0]))
    layer.forward(bottom, top)
    other, its, expected = make_layer(other_lstm(), x.reshape(3, 2, 5), [[0, 0], [1, 1], [1, 0]])
    other.forward(its, expected)
    assert top[0].shape == (6, 4)
    np.testing.assert_array_equal(top[0].data, expected[0].data.reshape(6, 4))


def test_other_lstm_has_one_stream_if_two_axes_do_not_say_how_many(make_layer):
    layer, bottom, top = make_layer(other_lstm(), (6, 5))
    layer.forward(bottom, top)
    x = bottom[0].data
    expected, _, _ = one_stream(layer.weights, x, [1] * 6, np.zeros(4), np.zeros(4))
    np.testing.assert_allclose(top[0].data, expected)


@pytest.mark.parametrize(
    "bottoms", [[(4, 2, 3)], [(4, 2, 3), np.array([[0, 0], [1, 1], [0, 1], [1, 1]])], [(8, 3)]]
)
def test_other_lstm_gradient(make_layer, bottoms):
    check_gradients(
        *make_layer(other_lstm("batch_size: 2" if len(bottoms[0]) == 2 else ""), *bottoms)
    )


def test_other_lstm_cuts_what_goes_back_into_its_gates(make_layer):
    layer, bottom, top = make_layer(other_lstm("clipping_threshold: 0.01"), (4, 2, 3))
    layer.forward(bottom, top)
    top[0].diff[...] = 10
    layer.backward(top, bottom)
    assert abs(layer.input_diffs).max() == pytest.approx(0.01)
    w_x = layer.weights[0].data
    np.testing.assert_allclose(bottom[0].diff, layer.input_diffs @ w_x)


def test_other_lstm_keeps_its_states_for_a_resumed_run(make_layer):
    cont = np.ones((3, 2))
    layer, bottom, top = make_layer(other_lstm(), (3, 2, 5), cont)
    layer.forward(bottom, top)
    state = layer.state()
    layer.forward(bottom, top)
    other, its, expected = make_layer(other_lstm(), (3, 2, 5), cont)
    other.restore(state)
    other.forward(its, expected)
    np.testing.assert_array_equal(top[0].data, expected[0].data)


@pytest.mark.parametrize(
    ("prototxt", "shapes", "message"),
    [
        (other_lstm(more=""), [(4, 2, 3)], "lstm_param.num_output is required"),
        (other_lstm(), [(4,)], r"bottom\[0\] must be x \(T, N, ...\), got shape \(4,\)"),
        (
            other_lstm("batch_size: 3"),
            [(8, 3)],
            "lstm_param.batch_size: 3 streams cannot share the 8",
        ),
        (other_lstm("batch_size: 0"), [(8, 3)], "lstm_param.batch_size: 0 streams cannot share"),
        (
            other_lstm(),
            [(4, 2, 3), (4, 3)],
            r"bottom\[1\] must be cont, 4 times 2 numbers, got .*\(4, 3\)",
        ),
        (other_lstm(), [(4, 2, 3)] * 3, "takes 1 or 2 bottom blobs, got 3"),
    ],
)
def test_what_does_not_fit_another_lstm_is_named(make_layer, prototxt, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Lstm\): .*{message}"):
        make_layer(prototxt, *shapes)


def test_another_number_of_inputs_of_another_lstm_is_named(make_layer):
    layer, bottom, top = make_layer(other_lstm(), (4, 2, 3))
    bottom[0].reshape(4, 2, 5)
    with pytest.raises(ConfigError, match="weights were made for 3 numbers per stream in x, got 5"):
        layer.reshape(bottom, top)
