import pytest

from cortado.core.gradient_check import check_gradients


@pytest.mark.parametrize("kind", ["Hardsigmoid", "HardSigmoid"])
@pytest.mark.parametrize(
    ("param", "values"), [("", [0, 0.1, 0.5, 1]), ("alpha: 0.5 beta: 0.25", [0, 0, 0.25, 1])]
)
def test_values(make_layer, kind, param, values):
    layer, bottom, top = make_layer(
        f'type: "{kind}" hardsigmoid_param {{ {param} }}', [-9, -2, 0, 9]
    )
    layer.forward(bottom, top)
    assert top[0].data == pytest.approx(values)


def test_gradient(make_layer, rng):
    x = rng.uniform(-4, 4, (3, 5))
    check_gradients(*make_layer('type: "Hardsigmoid"', x), kinks=[-2.5, 2.5])


def test_there_is_no_gradient_where_it_is_level(make_layer):
    layer, bottom, top = make_layer('type: "Hardsigmoid"', [-3, 0, 3])
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert bottom[0].diff == pytest.approx([0, 0.2, 0])
