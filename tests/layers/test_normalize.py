from pathlib import Path

import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

GOLDENS = Path(__file__).parents[1] / "goldens/forks/ssd"


def normalize(param=""):
    return f'type: "Normalize" norm_param {{ {param} }}'


def expected(x, scale, across, eps):
    """Each number by itself; scale has one number per channel."""
    y = np.empty_like(x)
    for n, c, *place in np.ndindex(x.shape):
        part = x[n] if across else x[(n, slice(None), *place)]
        y[(n, c, *place)] = scale[c] * x[(n, c, *place)] / np.sqrt((part**2).sum() + eps)
    return y


@pytest.mark.parametrize("shape", [(2, 3, 2, 2), (2, 3), (1, 2, 3)])
@pytest.mark.parametrize("across", [True, False])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("eps", [1e-10, 0.5])
def test_vectors_get_one_length(make_layer, shape, across, shared, eps):
    layer, bottom, top = make_layer(
        normalize(f"across_spatial: {across} channel_shared: {shared} eps: {eps}".lower()), shape
    )
    layer.forward(bottom, top)
    scale = np.broadcast_to(layer.weights[0].data, shape[1:2])
    assert layer.weights[0].shape == (() if shared else shape[1:2])
    np.testing.assert_allclose(top[0].data, expected(bottom[0].data, scale, across, eps))


@pytest.mark.parametrize("across", ["true", "false"])
@pytest.mark.parametrize("shared", ["true", "false"])
def test_gradient(make_layer, across, shared):
    """Caffe's own leaves the scales of the channels out of the sum, so their goldens differ."""
    param = f"across_spatial: {across} channel_shared: {shared} eps: 0.1"
    check_gradients(*make_layer(normalize(param), (2, 3, 2, 2)))


def test_by_default_one_scale_of_1_over_everything(make_layer):
    layer, bottom, top = make_layer('type: "Normalize"', [[[3.0]], [[4.0]]])
    layer.fill_weights()
    assert layer.weights[0].shape == ()
    assert layer.weights[0].data == 1
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data.ravel(), [1, 1])


def test_scale_filler_gives_the_scale(make_layer):
    layer, _, _ = make_layer(
        normalize("channel_shared: false scale_filler { value: 20 }"), (1, 3, 2)
    )
    layer.fill_weights()
    assert layer.weights[0].data.tolist() == [20, 20, 20]


def test_zeros_stay_zeros(make_layer):
    layer, bottom, top = make_layer(normalize("across_spatial: false"), np.zeros((1, 2, 3)))
    layer.forward(bottom, top)
    layer.backward(top, bottom)
    assert not top[0].data.any()
    assert np.isfinite(bottom[0].diff).all()


def test_nothing_is_written_where_nobody_wants_a_gradient(make_layer):
    layer, bottom, top = make_layer(normalize(), (2, 3))
    layer.forward(bottom, top)
    layer.propagate_down, layer.param_propagate_down = [False], [False]
    layer.backward(top, bottom)
    assert not bottom[0].has_diff
    assert not layer.weights[0].has_diff


@pytest.mark.parametrize(
    ("param", "shape", "message"),
    [
        ("", (3,), r"needs a bottom with channels, \(N, C, ...\), got shape \(3,\)"),
        ("eps: -1", (2, 3), "norm_param.eps: -1 must be 0 or more"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, param, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Normalize\): {message}"):
        make_layer(normalize(param), shape)


def test_the_message_tells_which_normalize_it_is(make_layer):
    layer, _, _ = make_layer('type: "Normalize" normalize_param { normalize_type: "L2" }', (2, 3))
    assert layer.weights == []
    layer, _, _ = make_layer('type: "Normalize"', (2, 3))
    assert len(layer.weights) == 1


def test_another_number_of_channels_is_refused(make_layer):
    layer, bottom, top = make_layer(normalize("channel_shared: false"), (2, 3))
    bottom[0].reshape(2, 4)
    with pytest.raises(ConfigError, match=r"each of 3 channels; the bottom, \(2, 4\), has 4"):
        layer.reshape(bottom, top)


@pytest.mark.parametrize(
    "case", ["normalize_2d", "normalize_eps", "normalize_spatial_false_shared_false"]
)
def test_values_and_scales_are_those_of_caffe_where_its_gradient_is_not(
    make_layer, read_archive, case
):
    record = read_archive(GOLDENS / f"{case}.npz")
    param = str(record["prototxt"]).partition("norm_param {")[2].partition('} bottom: "x"')[0]
    layer, bottom, top = make_layer(normalize(param), record["in:x"])
    layer.weights[0].data[...] = record["param:0"]
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data, record["top:y"], rtol=2e-5, atol=1e-6)
    top[0].diff[...] = record["topdiff:y"]
    layer.backward(top, bottom)
    np.testing.assert_allclose(layer.weights[0].diff, record["paramdiff:0"], rtol=2e-5, atol=1e-5)
