import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def normalize(fields=""):
    return f'type: "Normalize" normalize_param {{ {fields} }}'


@pytest.mark.parametrize("shape", [(3, 6), (2, 4, 5), (2, 4, 3, 5)])
@pytest.mark.parametrize("norm", ["L1", "L2"])
def test_each_place_is_divided_by_its_norm(make_layer, norm, shape):
    layer, bottom, top = make_layer(normalize(f'normalize_type: "{norm}"'), shape, tops=2)
    layer.forward(bottom, top)
    x = bottom[0].data.reshape(*shape, *(1,) * (4 - len(shape)))
    assert top[0].shape == x.shape
    assert top[1].shape == (x.shape[0], 1, *x.shape[2:])
    for n, _, h, w in np.ndindex(top[1].shape):
        numbers = x[n, :, h, w]
        expected = abs(numbers).sum() + 1e-6 if norm == "L1" else ((numbers**2).sum() + 1e-6) ** 0.5
        assert top[1].data[n, 0, h, w] == pytest.approx(expected)
        np.testing.assert_allclose(top[0].data[n, :, h, w], numbers / expected)


def test_the_norm_is_l2_by_default(make_layer):
    layer, bottom, top = make_layer(normalize(), [[3.0, 4.0]])
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data.ravel(), [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("norm", ["L1", "L2"])
@pytest.mark.parametrize("shape", [(3, 6), (2, 4, 2, 3)])
def test_gradient(make_layer, norm, shape):
    check_gradients(*make_layer(normalize(f'normalize_type: "{norm}"'), shape), kinks=[0])
    prototxt = normalize(f'normalize_type: "{norm}" bp_norm: true')
    check_gradients(*make_layer(prototxt, shape, tops=2), kinks=[0])


def test_a_gradient_comes_back_through_the_norm_only_if_asked(make_layer):
    gradients = []
    for fields in ("", "bp_norm: true"):
        layer, bottom, top = make_layer(normalize(fields), (3, 6), tops=2)
        layer.forward(bottom, top)
        top[0].diff[...] = 0
        top[1].diff[...] = 1
        layer.backward(top, bottom)
        gradients.append(bottom[0].diff)
    assert not gradients[0].any()
    np.testing.assert_allclose(gradients[1], bottom[0].data / top[1].data.reshape(3, 1))


def test_zeros_stay_zeros(make_layer):
    layer, bottom, top = make_layer(normalize(), np.zeros((2, 3)))
    layer.forward(bottom, top)
    assert not top[0].data.any()


@pytest.mark.parametrize(
    ("prototxt", "shape", "message"),
    [
        (normalize('normalize_type: "L3"'), (2, 3), "normalize_type: 'L3' must be"),
        (normalize("fix_gradient: true"), (2, 3), "fix_gradient: there is no other gradient"),
        (normalize(), (2,), r"must be \(N, C\) to \(N, C, H, W\), got shape \(2,\)"),
        (normalize(), (2, 3, 4, 5, 6), r"got shape \(2, 3, 4, 5, 6\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, prototxt, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Normalize\): .*{message}"):
        make_layer(prototxt, shape)
