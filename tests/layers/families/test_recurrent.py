"""What RNN and LSTM have in common; their formulas are tested by their own files."""

import json

import numpy as np
import pytest

from cortado.core import Blob
from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

STATES = {"RNN": ("h",), "LSTM": ("h", "c")}
GOES_ON = [[1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]  # stream 0 and 1 come from the last batch
STARTS = [[0, 0, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
FRACTIONS = [[0, 0.5, 0.2], [1, 0, 1], [0.3, 1, 1], [0.8, 1, 0]]
CONTS = {"starts": STARTS, "goes on": GOES_ON, "fractions": FRACTIONS, "one step": [[1, 0, 1]]}

each_type = pytest.mark.parametrize("kind", STATES)


def recurrent(kind, num_output=4, more=""):
    fillers = 'weight_filler { type: "xavier" }'
    return f'type: "{kind}" recurrent_param {{ num_output: {num_output} {fillers} {more} }}'


@pytest.fixture
def make_recurrent(make_layer):
    """make_recurrent(kind, cont, static=, exposed=, size=) -> (layer, bottom, top)."""

    def make(kind, cont, static=False, exposed=False, size=(5,), **options):
        streams = len(cont[0])
        states = [(1, streams, 4)] * (len(STATES[kind]) if exposed else 0)
        bottoms = [(len(cont), streams, *size), np.array(cont)]
        bottoms += [(streams, 2, 3)] * static + states
        more = "expose_hidden: true" if exposed else ""
        tops = 1 + len(states)
        return make_layer(recurrent(kind, more=more), *bottoms, tops=tops, **options)

    return make


@pytest.fixture
def same_start():
    """Let every forward start from the present state, so that its gradient can be measured."""

    def fix(layer):
        state, forward = layer.state(), layer.forward

        def forward_from_there(bottom, top):
            layer.restore(state)
            forward(bottom, top)

        layer.forward = forward_from_there

    return fix


def run(layer, bottom, top):
    layer.forward(bottom, top)
    return [blob.data.copy() for blob in top]


@each_type
@pytest.mark.parametrize("cont", CONTS.values(), ids=CONTS.keys())
@pytest.mark.parametrize("static", [False, True], ids=["x", "x and x_static"])
def test_gradient(make_recurrent, same_start, kind, cont, static):
    layer, bottom, top = make_recurrent(kind, cont, static)
    layer.forward(bottom, top)  # leaves a state for the next batch to start from
    same_start(layer)
    check_gradients(layer, bottom, top)


@each_type
@pytest.mark.parametrize("cont", CONTS.values(), ids=CONTS.keys())
@pytest.mark.parametrize("static", [False, True], ids=["x", "x and x_static"])
def test_gradient_of_exposed_states(make_recurrent, kind, cont, static):
    check_gradients(*make_recurrent(kind, cont, static, exposed=True))


@each_type
@pytest.mark.parametrize("size", [(), (2, 3)], ids=["2-d", "4-d"])
def test_gradient_where_x_has_other_axes(make_recurrent, kind, size):
    layer, bottom, top = make_recurrent(kind, STARTS, size=size)
    assert layer.weights[0].shape[1] == np.prod(size)
    check_gradients(layer, bottom, top)


@each_type
def test_a_batch_goes_on_where_the_last_one_ended(make_recurrent, kind):
    whole, (x, cont), top = make_recurrent(kind, STARTS + GOES_ON)
    together = run(whole, [x, cont], top)[0]
    parts, bottom, top = make_recurrent(kind, STARTS)
    for ours, theirs in zip(parts.weights, whole.weights, strict=True):
        ours.data[...] = theirs.data
    for steps in (slice(0, 4), slice(4, 8)):
        bottom[0].data[...], bottom[1].data[...] = x.data[steps], cont.data[steps]
        np.testing.assert_array_equal(run(parts, bottom, top)[0], together[steps])


@each_type
def test_exposed_states_lead_from_batch_to_batch(make_recurrent, kind):
    inside, bottom, top = make_recurrent(kind, GOES_ON)
    outside, exposed_bottom, exposed_top = make_recurrent(kind, GOES_ON, exposed=True)
    for blob in exposed_bottom[2:]:
        blob.data[...] = 0
    for ours, theirs in zip(inside.weights, outside.weights, strict=True):
        ours.data[...] = theirs.data
    for _ in range(3):
        y, *states = run(outside, exposed_bottom, exposed_top)
        np.testing.assert_array_equal(run(inside, bottom, top)[0], y)
        for blob, state in zip(exposed_bottom[2:], states, strict=True):
            blob.data[...] = state


@each_type
def test_cont_0_forgets_the_last_batch(make_recurrent, kind):
    layer, bottom, top = make_recurrent(kind, STARTS)
    first = run(layer, bottom, top)[0]
    np.testing.assert_array_equal(run(layer, bottom, top)[0], first)
    bottom[1].data[...] = GOES_ON
    second = run(layer, bottom, top)[0]
    np.testing.assert_array_equal(second[:, 2], first[:, 2])
    assert (second[0, :2] != first[0, :2]).all()


@each_type
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_restored_layer_goes_on_bit_for_bit(make_recurrent, kind, dtype):
    layer, bottom, top = make_recurrent(kind, GOES_ON, dtype=dtype)
    layer.forward(bottom, top)
    saved = json.dumps(layer.state())
    unbroken = run(layer, bottom, top)[0]
    resumed, bottom, top = make_recurrent(kind, GOES_ON, dtype=dtype)
    assert (run(resumed, bottom, top)[0] != unbroken).any()
    resumed.restore(json.loads(saved))
    np.testing.assert_array_equal(run(resumed, bottom, top)[0], unbroken)


@each_type
def test_exposed_states_are_not_saved(make_recurrent, kind):
    layer, bottom, top = make_recurrent(kind, GOES_ON, exposed=True)
    layer.forward(bottom, top)
    assert layer.state() == {}


@each_type
def test_state_of_another_size_is_named(make_recurrent, make_layer, kind):
    saved = make_recurrent(kind, STARTS)[0].state()
    layer, _, _ = make_layer(recurrent(kind, num_output=5), (4, 3, 5), np.array(STARTS))
    with pytest.raises(ConfigError, match=r"saved state h has shape \(3, 4\), but num_output is 5"):
        layer.restore(saved)


@each_type
def test_streams_that_stay_keep_their_state(make_recurrent, kind):
    layer, bottom, top = make_recurrent(kind, [[1, 1]] * 3)
    alone, alone_bottom, alone_top = make_recurrent(kind, [[1]] * 3)
    for ours, theirs in zip(alone.weights, layer.weights, strict=True):
        ours.data[...] = theirs.data
    alone_bottom[0].data[...] = bottom[0].data[:, :1]
    layer.forward(bottom, top)
    run(alone, alone_bottom, alone_top)
    expected = run(alone, alone_bottom, alone_top)[0][:, 0]

    x = bottom[0].data.copy()
    for streams in (1, 3):
        saved = layer.state()
        bottom[0].reshape(3, streams, 5)
        bottom[1].reshape(3, streams)
        bottom[0].data[...] = x[:, :1]
        bottom[1].data[...] = 1
        layer.reshape(bottom, top)
        y = run(layer, bottom, top)[0]
        np.testing.assert_allclose(y[:, 0], expected, rtol=1e-12)
        layer.restore(saved)
    # Stream 1 left with the second forward; as a new one, it starts from zero.
    layer.forward(bottom, top)
    fresh, fresh_bottom, fresh_top = make_recurrent(kind, [[0]] + [[1]] * 2)
    for ours, theirs in zip(fresh.weights, layer.weights, strict=True):
        ours.data[...] = theirs.data
    fresh_bottom[0].data[...] = x[:, :1]
    start = run(fresh, fresh_bottom, fresh_top)[0][:, 0]
    np.testing.assert_allclose(top[0].data[:, 2], start, rtol=1e-12)


@each_type
def test_streams_missing_in_a_restored_state_start_from_zero(make_recurrent, kind):
    layer, bottom, top = make_recurrent(kind, [[1, 1]] * 3)
    fresh = run(layer, bottom, top)[0]
    layer.forward(bottom, top)
    saved = make_recurrent(kind, [[1]] * 3)[0].state()
    layer.restore(saved)
    np.testing.assert_array_equal(run(layer, bottom, top)[0], fresh)


@each_type
def test_the_number_of_steps_may_change(make_recurrent, kind):
    layer, bottom, top = make_recurrent(kind, STARTS)
    whole = run(layer, bottom, top)[0]
    x = bottom[0].data.copy()
    bottom[0].reshape(2, 3, 5)
    bottom[1].reshape(2, 3)
    bottom[0].data[...], bottom[1].data[...] = x[:2], STARTS[:2]
    layer.reshape(bottom, top)
    np.testing.assert_array_equal(run(layer, bottom, top)[0], whole[:2])
    check_gradients(layer, bottom, top)


@each_type
def test_gradients_that_nobody_reads_are_left_out(make_recurrent, kind):
    layer, bottom, top = make_recurrent(kind, STARTS, static=True, exposed=True)
    layer.forward(bottom, top)
    for blob in top:
        blob.diff[...] = 1
    for blob in bottom + layer.weights:
        blob.diff[...] = 7
    layer.propagate_down = [False] * len(bottom)
    layer.param_propagate_down = [False] * len(layer.weights)
    layer.backward(top, bottom)
    assert all((blob.diff == 7).all() for blob in bottom + layer.weights)


@each_type
def test_weight_diffs_are_added_to(make_recurrent, kind):
    layer, bottom, top = make_recurrent(kind, STARTS, static=True)
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    once = [weight.diff.copy() for weight in layer.weights]
    layer.backward(top, bottom)
    for weight, diff in zip(layer.weights, once, strict=True):
        np.testing.assert_allclose(weight.diff, 2 * diff, rtol=1e-12)


@each_type
def test_a_top_overwritten_in_place_spoils_nothing(make_recurrent, kind):
    results = []
    for spoil in (False, True):
        layer, bottom, top = make_recurrent(kind, GOES_ON)
        layer.forward(bottom, top)
        if spoil:
            top[0].data[...] = np.nan
        top[0].diff[...] = 1
        layer.backward(top, bottom)
        results.append([bottom[0].diff, *(w.diff for w in layer.weights), *run(layer, bottom, top)])
    for clean, spoiled in zip(*results, strict=True):
        np.testing.assert_array_equal(spoiled, clean)


@each_type
def test_cont_has_no_gradient(make_recurrent, kind):
    layer, bottom, top = make_recurrent(kind, STARTS)
    layer.forward(bottom, top)
    assert not layer.allows_force_backward(1)
    layer.propagate_down = [True, True]
    with pytest.raises(ConfigError, match=r"has no gradient for bottom\[1\]"):
        layer.backward(top, bottom)


@each_type
@pytest.mark.parametrize(("index", "shape", "name"), [(0, (4, 3, 6), "x"), (2, (3, 7), "x_static")])
def test_inputs_may_not_change_their_size(make_recurrent, kind, index, shape, name):
    layer, bottom, top = make_recurrent(kind, STARTS, static=True)
    bottom[index] = Blob(shape, "float64")
    message = rf"made for \d numbers per stream in {name}, got {shape[-1]}"
    with pytest.raises(ConfigError, match=message):
        layer.reshape(bottom, top)
