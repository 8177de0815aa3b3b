import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def concat(param=""):
    return f'type: "Concat" concat_param {{ {param} }}'


CASES = [
    ("", [(2, 3, 2), (2, 1, 2), (2, 4, 2)]),
    ("axis: 0", [(2, 3), (1, 3)]),
    ("axis: -1", [(2, 3, 1), (2, 3, 5)]),
    ("concat_dim: 2", [(2, 3, 1), (2, 3, 5)]),
    ("axis: 0", [(2,), (1,), (3,)]),
    ("", [(2, 3), (2, 0)]),
]


@pytest.mark.parametrize(("param", "shapes"), CASES)
def test_the_bottoms_stand_side_by_side(make_layer, param, shapes):
    layer, bottom, top = make_layer(concat(param), *shapes)
    layer.forward(bottom, top)
    axis = {"": 1, "axis: 0": 0, "axis: -1": -1, "concat_dim: 2": 2}[param]
    ends = np.cumsum([shape[axis] for shape in shapes])
    pieces = np.split(top[0].data, ends[:-1], axis)
    for piece, blob in zip(pieces, bottom, strict=True):
        np.testing.assert_array_equal(piece, blob.data)
    assert top[0].shape[axis] == ends[-1]


@pytest.mark.parametrize(("param", "shapes"), CASES)
def test_gradient(make_layer, param, shapes):
    layer, bottom, top = make_layer(concat(param), *shapes)
    check_gradients(layer, bottom, top)


def test_only_wanted_gradients_are_written(make_layer):
    layer, bottom, top = make_layer(concat(), (2, 3), (2, 1))
    layer.propagate_down = [False, True]
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()
    assert bottom[1].diff.all()


def test_a_single_bottom_shares_its_memory(make_layer):
    layer, bottom, top = make_layer(concat(), (2, 3))
    layer.forward(bottom, top)
    layer.backward(top, bottom)
    assert np.shares_memory(top[0].data, bottom[0].data)
    assert np.shares_memory(top[0].diff, bottom[0].diff)


@pytest.mark.parametrize(
    ("param", "shapes", "message"),
    [
        ("axis: 1 concat_dim: 1", [(2, 3)], "axis and concat_dim mean the same; give one of them"),
        ("axis: 2", [(2, 3)], "concat_param.axis: 2 is out of range"),
        ("concat_dim: 2", [(2, 3)], "concat_param.concat_dim: 2 is out of range"),
        (
            "",
            [(2, 3), (2, 1), (1, 3)],
            r"bottom\[2\] has shape \(1, 3\), bottom\[0\] \(2, 3\); they may differ along axis 1",
        ),
        ("", [(2, 3), (2, 3, 1)], r"bottom\[1\] has shape \(2, 3, 1\), bottom\[0\] \(2, 3\)"),
    ],
)
def test_errors(make_layer, param, shapes, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(Concat\): .*{message}"):
        make_layer(concat(param), *shapes)


def test_in_place_is_refused(make_layer):
    layer, bottom, _ = make_layer(concat(), (2, 3), (2, 1))
    with pytest.raises(ConfigError, match="cannot work in place"):
        layer.reshape(bottom, bottom[:1])
