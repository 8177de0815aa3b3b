import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def slicing(param="", tops=3):
    names = " ".join(f'top: "y{i}"' for i in range(tops))
    return f'type: "Slice" {names} slice_param {{ {param} }}'


CASES = [
    ("", (2, 6, 2), 3, 1, [2, 2, 2]),
    ("slice_point: 1 slice_point: 4", (2, 6, 2), 3, 1, [1, 3, 2]),
    ("axis: 0 slice_point: 1", (4, 3), 2, 0, [1, 3]),
    ("axis: -1", (2, 3, 4), 2, 2, [2, 2]),
    ("slice_dim: 2", (2, 3, 4), 2, 2, [2, 2]),
    ("axis: 0", (4,), 2, 0, [2, 2]),
]


@pytest.mark.parametrize(("param", "shape", "tops", "axis", "sizes"), CASES)
def test_the_pieces_make_up_the_bottom(make_layer, param, shape, tops, axis, sizes):
    layer, bottom, top = make_layer(slicing(param, tops), shape, tops=tops)
    layer.forward(bottom, top)
    assert [blob.shape[axis] for blob in top] == sizes
    np.testing.assert_array_equal(np.concatenate([b.data for b in top], axis), bottom[0].data)


@pytest.mark.parametrize(("param", "shape", "tops", "axis", "sizes"), CASES)
def test_gradient(make_layer, param, shape, tops, axis, sizes):
    layer, bottom, top = make_layer(slicing(param, tops), shape, tops=tops)
    check_gradients(layer, bottom, top)


def test_a_gradient_nobody_wants_is_not_computed(make_layer):
    layer, bottom, top = make_layer(slicing(), (2, 6), tops=3)
    layer.propagate_down = [False]
    for blob in top:
        blob.diff[...] = 1
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()


def test_a_single_top_shares_the_bottoms_memory(make_layer):
    layer, bottom, top = make_layer(slicing(tops=1), (2, 3))
    layer.forward(bottom, top)
    layer.backward(top, bottom)
    assert np.shares_memory(top[0].data, bottom[0].data)
    assert np.shares_memory(top[0].diff, bottom[0].diff)


@pytest.mark.parametrize(
    ("param", "message"),
    [
        ("axis: 1 slice_dim: 1", "axis and slice_dim mean the same; give one of them"),
        ("axis: 2", "slice_param.axis: 2 is out of range"),
        ("slice_dim: 2", "slice_param.slice_dim: 2 is out of range"),
        ("slice_point: 1", "1 slice_point values make 2 pieces, but there are 3 tops"),
        ("slice_point: 2 slice_point: 2", r"slice_point: \[2, 2\] must rise and lie between 0 and"),
        ("slice_point: 0 slice_point: 2", r"slice_point: \[0, 2\] must rise"),
        ("slice_point: 2 slice_point: 5", r"slice_point: \[2, 5\] must rise .* and 5, the bottom"),
        ("", "3 tops cannot share a bottom of size 5 along the axis equally; give slice_param"),
    ],
)
def test_errors(make_layer, param, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(Slice\): .*{message}"):
        make_layer(slicing(param), (2, 5), tops=3)
