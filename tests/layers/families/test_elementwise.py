"""What every layer y = f(x) has in common."""

import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients

LAYERS = {
    "BNLL": 'type: "BNLL"',
    "Clip": 'type: "Clip" clip_param { min: -0.5 max: 1 }',
    "ELU": 'type: "ELU" elu_param { alpha: 0.7 }',
    "ELU, negative alpha": 'type: "ELU" elu_param { alpha: -0.7 }',
    "Exp": 'type: "Exp" exp_param { base: 2 scale: 0.5 shift: 1 }',
    "Log": 'type: "Log" log_param { base: 2 scale: 0.5 shift: 9 }',
    "PReLU": 'type: "PReLU"',
    "PReLU, one slope": 'type: "PReLU" prelu_param { channel_shared: true }',
    "Power 0": 'type: "Power" power_param { power: 0 scale: 2 shift: 3 }',
    "Power 1": 'type: "Power" power_param { scale: 2 shift: 3 }',
    "ReLU": 'type: "ReLU"',
    "ReLU, leaky": 'type: "ReLU" relu_param { negative_slope: 0.1 }',
    "ReLU, negative slope": 'type: "ReLU" relu_param { negative_slope: -0.3 }',
    "Sigmoid": 'type: "Sigmoid"',
    "Swish": 'type: "Swish" swish_param { beta: 1.5 }',
    "TanH": 'type: "TanH"',
}
NOT_IN_PLACE = {
    "AbsVal": 'type: "AbsVal"',
    "Power 2": 'type: "Power" power_param { power: 2 scale: 0.5 shift: 1 }',
    "Power 3": 'type: "Power" power_param { power: 3 scale: -0.5 }',
    "Power -0.75": 'type: "Power" power_param { power: -0.75 scale: 0.5 shift: 9 }',
    "Power, scale 0": 'type: "Power" power_param { power: 2 scale: 0 shift: 3 }',
}
EVERY = LAYERS | NOT_IN_PLACE
KINKS = [0, -0.5, 1]


@pytest.mark.parametrize("prototxt", EVERY.values(), ids=EVERY.keys())
@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (2, 3, 2, 2, 2)])
def test_gradient(make_layer, prototxt, shape):
    layer, bottom, top = make_layer(prototxt, shape)
    check_gradients(layer, bottom, top, kinks=KINKS)


@pytest.mark.parametrize("shape", [(), (5,)])
@pytest.mark.parametrize(
    "prototxt", [p for name, p in EVERY.items() if "PReLU" not in name], ids=str
)
def test_any_number_of_axes(make_layer, prototxt, shape):
    layer, bottom, top = make_layer(prototxt, shape)
    check_gradients(layer, bottom, top, kinks=KINKS)
    assert top[0].shape == shape


@pytest.mark.parametrize("prototxt", LAYERS.values(), ids=LAYERS.keys())
def test_in_place_gives_what_two_blobs_give(make_layer, prototxt):
    layer, bottom, top = make_layer(prototxt, (4, 3, 5), dtype="float32")
    x, dy = bottom[0].data.copy(), np.cos(np.arange(60, dtype="float32")).reshape(4, 3, 5)
    top[0].diff[...] = dy
    layer.forward(bottom, top)
    layer.backward(top, bottom)
    apart = [top[0].data.copy(), bottom[0].diff.copy(), *(w.diff.copy() for w in layer.weights)]

    blob = bottom[0]
    layer.reshape([blob], [blob])
    blob.data[...] = x
    for weight in layer.weights:
        weight.diff[...] = 0
    layer.forward([blob], [blob])
    blob.diff[...] = dy
    layer.backward([blob], [blob])
    together = [blob.data, blob.diff, *(w.diff for w in layer.weights)]
    for one, other in zip(together, apart, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("prototxt", EVERY.values(), ids=EVERY.keys())
def test_a_gradient_nobody_wants_is_not_computed(make_layer, prototxt):
    layer, bottom, top = make_layer(prototxt, (2, 3))
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.propagate_down = [False]
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()


@pytest.mark.parametrize("prototxt", EVERY.values(), ids=EVERY.keys())
def test_float32_agrees_with_float64(make_layer, prototxt):
    results = []
    for dtype in ("float32", "float64"):
        layer, bottom, top = make_layer(prototxt, (4, 3, 5), dtype=dtype)
        layer.forward(bottom, top)
        top[0].diff[...] = 1
        layer.backward(top, bottom)
        results.append((top[0].data, bottom[0].diff))
        assert top[0].data.dtype == bottom[0].diff.dtype == dtype
    for single, double in zip(*results, strict=True):
        np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-6)


def test_another_shape_needs_no_new_layer(make_layer):
    layer, bottom, top = make_layer('type: "ELU"', (2, 3))
    bottom[0].reshape(5, 4)
    bottom[0].data[...] = -1
    layer.reshape(bottom, top)
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data, np.full((5, 4), np.expm1(-1)))
