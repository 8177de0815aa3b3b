import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def inner_distance(fields=""):
    return f'type: "InnerDistance" inner_distance_param {{ num_output: 4 {fields} }}'


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("fields", "distance"),
    [
        ("", lambda d: (d**2).sum()),
        ('distance_type: "L2"', lambda d: (d**2).sum()),
        ('distance_type: "L1"', lambda d: abs(d).sum()),
    ],
)
def test_distance_to_each_row_of_the_weights(make_layer, fields, distance, bias):
    more = "" if bias else "bias_term: false"
    layer, bottom, top = make_layer(inner_distance(f"{fields} {more}"), (3, 2, 5))
    layer.forward(bottom, top)
    w, *b = (weight.data for weight in layer.weights)
    assert len(b) == bias
    for m, n in np.ndindex(3, 4):
        expected = distance(bottom[0].data[m].ravel() - w[n]) + (b[0][n] if bias else 0)
        assert top[0].data[m, n] == pytest.approx(expected)


@pytest.mark.parametrize("fields", ["", 'distance_type: "L1"', "bias_term: false axis: 2"])
def test_gradient(make_layer, fields):
    check_gradients(*make_layer(inner_distance(fields), (3, 2, 3)))


def test_axis_says_where_a_vector_starts(make_layer):
    layer, _, top = make_layer(inner_distance("axis: -1"), (3, 2, 5))
    assert layer.weights[0].shape == (4, 5)
    assert top[0].shape == (3, 2, 4)


@pytest.mark.parametrize(
    ("prototxt", "message"),
    [
        ('type: "InnerDistance"', "inner_distance_param.num_output is required"),
        (inner_distance('distance_type: "L3"'), "inner_distance_param.distance_type: 'L3' must"),
        (inner_distance("axis: 3"), "inner_distance_param.axis: 3 is out of range"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, prototxt, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(InnerDistance\): .*{message}"):
        make_layer(prototxt, (3, 5))


def test_another_number_of_inputs_is_named(make_layer):
    layer, bottom, top = make_layer(inner_distance(), (3, 5))
    bottom[0].reshape(3, 6)
    with pytest.raises(ConfigError, match=r"weights were made for 5 inputs; .*\(3, 6\) has 6"):
        layer.reshape(bottom, top)
