"""Layers on compiled kernels against the same layers on array code."""

import numpy as np
import pytest

from cortado.kernels import choice
from cortado.kernels.cpu import thresholds

pytest.importorskip("numba")

SMALL_LAYERS = {
    "Softmax": ('type: "Softmax"', [(40, 30)]),
    "Softmax, of planes": ('type: "Softmax"', [(2, 5, 9, 11)]),
    "SoftmaxWithLoss": ('type: "SoftmaxWithLoss"', [(40, 30), 30]),
    "Accuracy": ('type: "Accuracy" accuracy_param { top_k: 3 }', [(40, 30), 30]),
    "Accuracy, of places": ('type: "Accuracy"', [(2, 5, 9, 11), 5]),
    "LRN": ('type: "LRN" lrn_param { norm_region: WITHIN_CHANNEL }', [(2, 3, 9, 11)]),
    "SPP": ('type: "SPP" spp_param { pyramid_height: 3 }', [(2, 3, 13, 11)]),
    "Embed": ('type: "Embed" embed_param { input_dim: 9 num_output: 40 }', [9]),
}
LAYERS = {
    "ReLU": 'type: "ReLU"',
    "leaky": 'type: "ReLU" relu_param { negative_slope: 0.1 }',
    "turned around": 'type: "ReLU" relu_param { negative_slope: -0.5 }',
    "Scale": 'type: "Scale" scale_param { bias_term: true filler { value: 1.5 } '
    "bias_filler { value: 0.5 } }",
    "BatchNorm": 'type: "BatchNorm"',
    "BatchNorm, remembered": 'type: "BatchNorm" batch_norm_param { use_global_stats: true }',
    "MVN": 'type: "MVN"',
}


def run(make_layer, prototxt, in_place):
    """The top, the gradient of the bottom and the weights' data and gradients."""
    rng = np.random.default_rng(7)
    x, dy = rng.standard_normal((2, 4, 3, 16, 20)).astype("float32")
    layer, bottom, top = make_layer(prototxt, x, dtype="float32")
    for weight in layer.weights:
        weight.data[...] = 1 + abs(weight.data)
    if in_place:
        top = bottom
        layer.prepare_kernels(bottom, top)
    layer.forward(bottom, top)
    y = top[0].data.copy()
    top[0].diff[...] = dy
    layer.backward(top, bottom)
    weights = [a for w in layer.weights for a in (w.data, w.diff)]
    return layer, [y, bottom[0].diff, *weights]


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("prototxt", LAYERS.values(), ids=LAYERS.keys())
def test_compiled_kernels_change_nothing_but_rounding(make_layer, monkeypatch, prototxt, in_place):
    monkeypatch.setattr(thresholds, "FEW_NUMBERS", 0)
    with choice.only("numpy"):
        _, expected = run(make_layer, prototxt, in_place)
    with choice.only("numba"):
        layer, found = run(make_layer, prototxt, in_place)
    kernel = layer._kernel if layer.type == "ReLU" else layer.parts._kernel
    assert kernel is not None
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", SMALL_LAYERS.values(), ids=SMALL_LAYERS.keys())
def test_compiled_kernels_compute_what_array_code_does(make_layer, monkeypatch, case):
    monkeypatch.setattr(thresholds, "FEW_NUMBERS", 0)
    prototxt, bottoms = case
    rng = np.random.default_rng(7)
    arrays = [rng.standard_normal(b) for b in bottoms if isinstance(b, tuple)]
    places = 40 if not arrays else arrays[0].size // arrays[0].shape[1]
    arrays += [rng.integers(0, b, places) for b in bottoms if isinstance(b, int)]
    if len(arrays) == 2:
        arrays[1] = arrays[1].reshape(len(arrays[0]), -1)
    results = []
    for library in ("numpy", "numba"):
        with choice.only(library):
            layer, bottom, top = make_layer(prototxt, *arrays, dtype="float32")
        layer.forward(bottom, top)
        top[0].diff[...] = np.random.default_rng(8).standard_normal(top[0].shape)
        layer.propagate_down = [layer.allows_force_backward(i) for i in range(len(bottom))]
        if layer.type != "Accuracy":
            layer.backward(top, bottom)
        weights = [weight.diff for weight in layer.weights]
        results.append([top[0].data, bottom[0].diff, *weights])
    for expected, found in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
