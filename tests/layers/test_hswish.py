import pytest

from cortado.core.gradient_check import check_gradients


@pytest.mark.parametrize("kind", ["HSwish", "HardSwish"])
def test_values(make_layer, kind):
    layer, bottom, top = make_layer(f'type: "{kind}"', [-9, -3, -1, 0, 1, 3, 9])
    layer.forward(bottom, top)
    assert top[0].data == pytest.approx([0, 0, -1 / 3, 0, 2 / 3, 3, 9])


def test_gradient(make_layer, rng):
    check_gradients(*make_layer('type: "HSwish"', rng.uniform(-5, 5, (4, 5))), kinks=[-3, 3])


def test_the_corners_belong_to_the_outside(make_layer):
    layer, bottom, top = make_layer('type: "HSwish"', [-3, 3])
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert bottom[0].diff.tolist() == [0, 1]
