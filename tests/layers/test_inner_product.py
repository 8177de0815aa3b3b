import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.layers import inner_product as module
from cortado.proto import ConfigError

GEOMETRIES = {
    "plain": ("", (3, 4)),
    "image": ("", (2, 3, 2, 2)),
    "no bias": ("bias_term: false", (3, 4)),
    "transposed": ("transpose: true", (3, 2, 2)),
    "last axis": ("axis: -1", (2, 3, 4)),
    "axis 0": ("axis: 0", (2, 3)),
    "transposed on axis 2": ("axis: 2 transpose: true bias_term: false", (2, 3, 4)),
}
over_geometries = pytest.mark.parametrize(
    ("param", "shape"), GEOMETRIES.values(), ids=GEOMETRIES.keys()
)


def inner_product(param="", num_output=5):
    return f'type: "InnerProduct" inner_product_param {{ num_output: {num_output} {param} }}'


@over_geometries
def test_each_output_is_a_weighted_sum(make_layer, param, shape):
    layer, bottom, top = make_layer(inner_product(param), shape)
    layer.forward(bottom, top)
    w = layer.weights[0].data.T if "transpose" in param else layer.weights[0].data
    rows = bottom[0].data.reshape(-1, w.shape[1])
    y = top[0].data.reshape(-1, 5)
    for n, k in np.ndindex(y.shape):
        bias = 0 if "bias_term: false" in param else layer.weights[1].data[k]
        assert y[n, k] == pytest.approx(sum(rows[n] * w[k]) + bias, rel=1e-12)


@over_geometries
def test_gradient(make_layer, param, shape):
    check_gradients(*make_layer(inner_product(param), shape))


@pytest.mark.parametrize(
    ("param", "bottom_shape", "top_shape", "weight_shapes"),
    [
        ("", (2, 3, 4, 5), (2, 7), [(7, 60), (7,)]),
        ("transpose: true", (2, 3, 4, 5), (2, 7), [(60, 7), (7,)]),
        ("axis: 2", (2, 3, 4, 5), (2, 3, 7), [(7, 20), (7,)]),
        ("axis: 0 bias_term: false", (2, 3), (7,), [(7, 6)]),
    ],
)
def test_shapes(make_layer, param, bottom_shape, top_shape, weight_shapes):
    layer, _, (y,) = make_layer(inner_product(param, num_output=7), bottom_shape)
    assert y.shape == top_shape
    assert [weight.shape for weight in layer.weights] == weight_shapes


@pytest.mark.parametrize("param", ["", "transpose: true"])
@pytest.mark.parametrize("piece", [1, 9, 1 << 20])
def test_weight_gradient_is_added_piece_by_piece(make_layer, monkeypatch, param, piece):
    monkeypatch.setattr(module, "_PIECE", piece)
    layer, (x,), (y,) = make_layer(inner_product(param), (3, 4))
    w, b = layer.weights
    w.diff[...] = 1
    b.diff[...] = 2
    y.diff[...] = np.arange(15).reshape(3, 5)
    layer.backward([y], [x])
    gradient = y.diff.T @ x.data
    np.testing.assert_allclose(w.diff, 1 + (gradient.T if param else gradient), rtol=1e-12)
    np.testing.assert_allclose(b.diff, 2 + y.diff.sum(axis=0), rtol=1e-12)


def test_only_what_is_wanted_is_computed(make_layer):
    layer, bottom, top = make_layer(inner_product(), (3, 4))
    layer.propagate_down = [False]
    layer.param_propagate_down = [False, True]
    layer.forward(bottom, top)
    layer.backward(top, bottom)
    assert [blob.has_diff for blob in (*bottom, *layer.weights)] == [False, False, True]


def test_the_batch_may_change_in_size(make_layer, rng):
    layer, (x,), (y,) = make_layer(inner_product(), (3, 2, 2))
    x.reshape(8, 4)
    layer.reshape([x], [y])
    x.data[...] = rng.standard_normal((8, 4))
    layer.forward([x], [y])
    w, b = (weight.data for weight in layer.weights)
    np.testing.assert_allclose(y.data, x.data @ w.T + b, rtol=1e-12)


def test_fillers_fill_the_weights(make_layer):
    param = 'weight_filler { type: "constant" value: 2 } bias_filler { type: "constant" value: 3 }'
    layer, _, _ = make_layer(inner_product(param), (3, 4))
    layer.fill_weights()
    assert set(layer.weights[0].data.flat) == {2}
    assert set(layer.weights[1].data.flat) == {3}


def test_other_inputs_than_the_weights_were_made_for_are_named(make_layer):
    layer, (x,), top = make_layer(inner_product(), (3, 4))
    x.reshape(3, 5)
    message = r"layer 'it' \(InnerProduct\): weights were made for 4 inputs; .*\(3, 5\) has 5 from"
    with pytest.raises(ConfigError, match=message):
        layer.reshape([x], top)


@pytest.mark.parametrize(
    ("prototxt", "message"),
    [
        ('type: "InnerProduct"', "num_output is required and must be at least 1"),
        (inner_product("axis: 2"), "inner_product_param.axis: 2 is out of range"),
    ],
)
def test_bad_parameters_are_named(make_layer, prototxt, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(InnerProduct\): .*{message}"):
        make_layer(prototxt, (3, 4))


def test_in_place_is_refused(make_layer):
    layer, bottom, _ = make_layer(inner_product(num_output=4), (3, 4))
    with pytest.raises(ConfigError, match="cannot work in place"):
        layer.reshape(bottom, bottom)
