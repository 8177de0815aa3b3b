import pytest


@pytest.mark.parametrize(
    ("slope", "expected"),
    [(0, [0, 0, 3]), (0.5, [-1, 0, 3]), (2, [-4, 0, 3]), (-1, [2, 0, 3])],
)
def test_forward(make_layer, slope, expected):
    prototxt = f'type: "ReLU" relu_param {{ negative_slope: {slope} }}'
    layer, bottom, top = make_layer(prototxt, [-2, 0, 3])
    layer.forward(bottom, top)
    assert top[0].data.tolist() == expected


@pytest.mark.parametrize(("slope", "expected"), [(0, [0, 0, 7]), (0.5, [2.5, 3, 7])])
def test_zero_counts_as_negative_in_backward(make_layer, slope, expected):
    prototxt = f'type: "ReLU" relu_param {{ negative_slope: {slope} }}'
    layer, bottom, top = make_layer(prototxt, [-2, 0, 3])
    layer.forward(bottom, top)
    top[0].diff[...] = [5, 6, 7]
    layer.backward(top, bottom)
    assert bottom[0].diff.tolist() == expected
