import numpy as np
import pytest

from cortado.proto import ConfigError


def argmax(param=""):
    return f'type: "ArgMax" argmax_param {{ {param} }}'


X = [[3, 1, 5, 5], [9, 8, 7, 9]]


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ("", [[[3]], [[3]]]),
        ("top_k: 3", [[[3, 2, 0]], [[3, 0, 1]]]),
        ("out_max_val: true", [[[3], [5]], [[3], [9]]]),
        ("top_k: 2 out_max_val: true", [[[3, 2], [5, 5]], [[3, 0], [9, 9]]]),
        ("axis: 0", [[1, 1, 1, 1]]),
        ("axis: -1 top_k: 2", [[3, 2], [3, 0]]),
        ("axis: -1 top_k: 2 out_max_val: true", [[5, 5], [9, 9]]),
        ("axis: 0 top_k: 2", [[1, 1, 1, 1], [0, 0, 0, 0]]),
    ],
)
def test_of_equal_values_the_last_comes_first(make_layer, param, expected):
    layer, bottom, top = make_layer(argmax(param), X)
    layer.forward(bottom, top)
    assert top[0].data.tolist() == expected


@pytest.mark.parametrize("gives_values", [False, True])
@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_along_any_axis(make_layer, axis, gives_values):
    param = f"axis: {axis} top_k: 2 out_max_val: {str(gives_values).lower()}"
    layer, bottom, top = make_layer(argmax(param), (2, 3, 4, 5))
    layer.forward(bottom, top)
    x = bottom[0].data
    for at in np.ndindex(*(n for i, n in enumerate(x.shape) if i != axis)):
        line = x[(*at[:axis], slice(None), *at[axis:])]
        largest = sorted(range(len(line)), key=lambda i, line=line: -line[i])[:2]
        found = top[0].data[(*at[:axis], slice(None), *at[axis:])].tolist()
        assert found == ([line[i] for i in largest] if gives_values else largest)


@pytest.mark.parametrize(
    ("shape", "param", "top_shape"),
    [
        ((5,), "", (5, 1, 1)),
        ((5, 6), "top_k: 2", (5, 1, 2)),
        ((5, 2, 3, 4), "top_k: 7 out_max_val: true", (5, 2, 7, 1)),
        ((5, 2, 3, 4, 2), "", (5, 1, 1, 1, 1)),
        ((5, 2, 3), "axis: 1 top_k: 2 out_max_val: true", (5, 2, 3)),
    ],
)
def test_top_shape(make_layer, shape, param, top_shape):
    layer, bottom, top = make_layer(argmax(param), shape)
    layer.forward(bottom, top)
    assert top[0].shape == top_shape


def test_items_of_several_axes_are_flattened(make_layer):
    layer, bottom, top = make_layer(argmax("top_k: 2 out_max_val: true"), (3, 2, 4, 2))
    layer.forward(bottom, top)
    for item, (indices, values) in zip(bottom[0].data, top[0].data[..., 0], strict=True):
        assert values.tolist() == sorted(item.ravel(), reverse=True)[:2]
        assert item.ravel()[indices.astype(int)].tolist() == values.tolist()


@pytest.mark.parametrize(
    ("shape", "param", "message"),
    [
        ((2, 3), "top_k: 0", "argmax_param.top_k: 0 must be at least 1"),
        ((2, 3), "top_k: 4", "argmax_param.top_k: 4 exceeds the 3 values along an item"),
        ((2, 3), "top_k: 3 axis: 0", "argmax_param.top_k: 3 exceeds the 2 values along axis 0"),
        ((2, 3), "axis: 2", "argmax_param.axis: 2 is out of range"),
        ((), "", r"needs a bottom with an axis of items, got shape \(\)"),
    ],
)
def test_errors(make_layer, shape, param, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(ArgMax\): {message}"):
        make_layer(argmax(param), shape)


def test_there_is_no_backward(make_layer):
    layer, bottom, top = make_layer(argmax(), (2, 3))
    with pytest.raises(ConfigError, match=r"^layer 'it' \(ArgMax\): has no backward pass"):
        layer.backward(top, bottom)
