import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

LEARNED = [  # parameters, shape of x, shape of s
    ("", (2, 3, 4, 5), (3,)),
    ("", (4, 3), (3,)),
    ("axis: 0", (4,), (4,)),
    ("axis: 1 num_axes: 2", (2, 3, 4, 2), (3, 4)),
    ("axis: 0 num_axes: -1", (2, 3), (2, 3)),
    ("axis: -1", (2, 3, 4), (4,)),
    ("num_axes: 0", (2, 3, 4), ()),
    ("axis: 2 num_axes: 3", (2, 2, 2, 2, 2), (2, 2, 2)),
]
GIVEN = [
    ("", (2, 3, 4), (3,)),
    ("axis: 0", (2, 3, 4), (2, 3)),
    ("axis: 0", (2, 3, 4), (2, 3, 4)),
    ("axis: -2", (2, 3, 4), (3, 4)),
    ("", (2, 3), ()),
    ("", (3,), ()),  # a single number needs no axis 1
]


def scale(param=""):
    return f'type: "Scale" scale_param {{ {param} }}'


def beside(operand, x, param):
    """The operand with axes of size 1 after it, so that numpy broadcasts it as told."""
    axis = int(param.split("axis: ")[1].split()[0]) if param.startswith("axis: ") else 1
    after = x.ndim - axis % x.ndim - operand.ndim if operand.ndim else 0
    return operand.reshape(operand.shape + (1,) * after)


@pytest.mark.parametrize("bias_term", ["", " bias_term: true"])
@pytest.mark.parametrize(("param", "shape", "operand_shape"), LEARNED)
def test_x_times_what_was_learned(make_layer, param, shape, operand_shape, bias_term):
    layer, (x,), (y,) = make_layer(scale(param + bias_term), shape)
    assert [weight.shape for weight in layer.weights] == [operand_shape] * (1 + bool(bias_term))
    layer.forward([x], [y])
    s, *b = (beside(weight.data, x.data, param) for weight in layer.weights)
    np.testing.assert_allclose(y.data, s * x.data + (b[0] if b else 0), rtol=1e-12)


@pytest.mark.parametrize("bias_term", ["", " bias_term: true"])
@pytest.mark.parametrize(("param", "shape", "operand_shape"), GIVEN)
def test_x_times_the_second_bottom(make_layer, param, shape, operand_shape, bias_term):
    layer, (x, s), (y,) = make_layer(scale(param + bias_term), shape, operand_shape)
    assert [weight.shape for weight in layer.weights] == [operand_shape] * bool(bias_term)
    layer.forward([x, s], [y])
    s, *b = (beside(blob.data, x.data, param) for blob in (s, *layer.weights))
    np.testing.assert_allclose(y.data, s * x.data + (b[0] if b else 0), rtol=1e-12)


@pytest.mark.parametrize("bias_term", ["", " bias_term: true"])
@pytest.mark.parametrize(
    ("param", "shapes"),
    [(param, [shape]) for param, shape, _ in LEARNED]
    + [(param, [shape, operand]) for param, shape, operand in GIVEN],
)
def test_gradient(make_layer, param, shapes, bias_term):
    check_gradients(*make_layer(scale(param + bias_term), *shapes))


@pytest.mark.parametrize("operands", [[], [(3,)]])
def test_in_place_gives_what_two_blobs_give(make_layer, rng, operands):
    layer, bottom, top = make_layer(scale("bias_term: true"), (2, 3, 4), *operands)
    dy = rng.standard_normal((2, 3, 4))
    x, *operand = bottom
    results = []
    for y in (top[0], x):
        for weight in layer.weights:
            weight.diff[...] = 0
        layer.reshape(bottom, [y])
        layer.forward(bottom, [y])
        value = y.data.copy()
        y.diff[...] = dy
        layer.backward([y], bottom)
        results.append([value, *(b.diff.copy() for b in (*bottom, *layer.weights))])
    for apart, in_place in zip(*results, strict=True):
        np.testing.assert_array_equal(in_place, apart)
    assert len(results[0]) == 2 + len(operand) + len(layer.weights)


def test_in_place_the_gradient_of_s_outlives_what_is_done_to_y(make_layer):
    layer, (x,), _ = make_layer(scale(), [[1.0, 2]])
    layer.reshape([x], [x])
    layer.forward([x], [x])
    x.data[...] = 0
    x.diff[...] = [[10, 10]]
    layer.backward([x], [x])
    assert layer.weights[0].diff.tolist() == [10, 20]


def test_a_scale_starts_as_the_identity(make_layer):
    layer, _, _ = make_layer(scale("bias_term: true"), (2, 3))
    for weight in layer.weights:
        weight.data[...] = 0
    layer.fill_weights()
    assert [weight.data.tolist() for weight in layer.weights] == [[1, 1, 1], [0, 0, 0]]


def test_fillers_fill_the_weights(make_layer):
    param = "bias_term: true filler { value: 4 } bias_filler { value: 5 }"
    layer, _, _ = make_layer(scale(param), (2, 3))
    layer.fill_weights()
    assert [weight.data.tolist() for weight in layer.weights] == [[4, 4, 4], [5, 5, 5]]


@pytest.mark.parametrize(
    "wanted", [(True, False, False), (False, True, False), (False, False, True)]
)
def test_only_what_is_wanted_is_computed(make_layer, wanted):
    layer, bottom, top = make_layer(scale("bias_term: true"), (2, 3))
    layer.forward(bottom, top)
    layer.propagate_down, layer.param_propagate_down = list(wanted[:1]), list(wanted[1:])
    layer.backward(top, bottom)
    assert tuple(blob.has_diff for blob in (*bottom, *layer.weights)) == wanted


def test_weight_gradients_are_added_to_what_is_there(make_layer):
    layer, bottom, top = make_layer(scale("bias_term: true"), [[1.0, 2], [3, 4]])
    for weight in layer.weights:
        weight.diff[...] = 100
    layer.forward(bottom, top)
    top[0].diff[...] = [[1, 1], [10, 10]]
    layer.backward(top, bottom)
    assert [weight.diff.tolist() for weight in layer.weights] == [[131, 142], [111, 111]]


@pytest.mark.parametrize(
    ("param", "shapes", "message"),
    [
        ("axis: 2", [(2, 3)], "scale_param.axis: 2 is out of range"),
        ("num_axes: -2", [(2, 3)], r"scale_param.num_axes: -2 must be -1 \(all axes .*or more"),
        ("num_axes: 2", [(2, 3)], r"num_axes: 2 axes from axis 1 .* of shape \(2, 3\), has"),
        ("", [(2, 3), (2,)], r"bottom\[1\], of shape \(2,\), must match bottom\[0\].*axis 1 on"),
        ("", [(2, 3), (3, 1)], r"bottom\[1\], of shape \(3, 1\), must match bottom\[0\]"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, param, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Scale\): .*{message}"):
        make_layer(scale(param), *shapes)


def test_other_channels_than_were_learned_are_named(make_layer):
    layer, (x,), top = make_layer(scale(), (2, 3))
    x.reshape(2, 4)
    with pytest.raises(ConfigError, match=r"the learned operand, of shape \(3,\), must match"):
        layer.reshape([x], top)


def test_the_second_bottom_cannot_be_the_top(make_layer):
    layer, bottom, _ = make_layer(scale("axis: 0"), (2, 3), (2, 3))
    with pytest.raises(ConfigError, match="cannot work in place"):
        layer.reshape(bottom, bottom[1:])
