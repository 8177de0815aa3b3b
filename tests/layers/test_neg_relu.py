import pytest

from cortado.core.gradient_check import check_gradients


def neg_relu(slope=None):
    param = "" if slope is None else f"relu_param {{ negative_slope: {slope} }}"
    return f'type: "NegReLU" {param}'


@pytest.mark.parametrize(
    ("slope", "y", "dx"),
    [(None, [-2, 0, 0], [5, 0, 0]), (0.5, [-2, 0, 1.5], [5, 3, 3.5])],
)
@pytest.mark.parametrize("in_place", [False, True])
def test_negative_numbers_pass(make_layer, slope, y, dx, in_place):
    layer, bottom, top = make_layer(neg_relu(slope), [-2, 0, 3])
    if in_place:
        top = bottom
        layer.reshape(bottom, top)
    layer.forward(bottom, top)
    assert top[0].data.tolist() == y
    top[0].diff[...] = [5, 6, 7]
    layer.backward(top, bottom)
    assert bottom[0].diff.tolist() == dx


def test_gradient(make_layer):
    check_gradients(*make_layer(neg_relu(0.3), (3, 4)), kinks=[0])
