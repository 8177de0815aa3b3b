import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def dropout(param=""):
    return f'type: "SpatialDropout" {param}'


def test_training_drops_whole_channels_and_scales_the_rest(make_layer):
    param = "spatial_dropout_param { dropout_ratio: 0.2 }"
    layer, bottom, top = make_layer(dropout(param), np.full((50, 40, 2, 3), 4.0))
    layer.forward(bottom, top)
    channels = top[0].data.reshape(50, 40, 6)
    assert (channels == channels[:, :, :1]).all()
    np.testing.assert_allclose(np.unique(channels), [0, 5])
    assert abs((channels[:, :, 0] == 0).mean() - 0.2) < 0.03


@pytest.mark.parametrize("shape", [(5, 7), (2, 3, 4), (2, 3, 2, 2)])
def test_gradient_of_one_draw(make_layer, monkeypatch, shape):
    layer, bottom, top = make_layer(dropout(), shape)
    start, forward = layer.state(), layer.forward

    def draw_again(*blobs):
        layer.restore(start)
        forward(*blobs)

    monkeypatch.setattr(layer, "forward", draw_again)
    check_gradients(layer, bottom, top)


def test_every_pass_draws_anew_and_a_resumed_one_goes_on(make_layer):
    layer, bottom, top = make_layer(dropout(), np.ones((20, 20)))
    passes, states = [], []
    for _ in range(3):
        layer.forward(bottom, top)
        passes.append(top[0].data.copy())
        states.append(layer.state())
    assert not np.array_equal(passes[0], passes[1])
    layer.restore(states[1])
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, passes[2])


def test_testing_changes_nothing(make_layer, rng):
    layer, (x,), (y,) = make_layer(dropout(), (3, 4), phase="TEST")
    layer.forward([x], [y])
    np.testing.assert_array_equal(x.data, y.data)
    y.diff[...] = rng.standard_normal(y.shape)
    layer.backward([y], [x])
    np.testing.assert_array_equal(x.diff, y.diff)
    assert layer.state() == {}
    layer.restore({})


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_in_place_gives_what_two_blobs_give(make_layer, phase):
    x, results = np.random.default_rng(3).standard_normal((4, 5, 2)), []
    for in_place in (False, True):
        layer, (blob,), (y,) = make_layer(dropout(), x, phase=phase)
        y = blob if in_place else y
        layer.reshape([blob], [y])
        layer.forward([blob], [y])
        value = y.data.copy()
        y.diff[...] = 1
        layer.backward([y], [blob])
        results.append((value, blob.diff.copy()))
    np.testing.assert_array_equal(results[0], results[1])


@pytest.mark.parametrize(
    ("param", "ratio"),
    [("", 0.5), ("dropout_param { dropout_ratio: 0.25 }", 0.25)],
)
def test_where_the_ratio_stands(make_layer, param, ratio):
    layer, _, _ = make_layer(dropout(param), (2, 3))
    assert layer.ratio == ratio


@pytest.mark.parametrize(
    ("param", "shape", "message"),
    [
        (
            "spatial_dropout_param { dropout_ratio: 1 }",
            (2, 3),
            "spatial_dropout_param.dropout_ratio: 1 must be at least 0 and below 1",
        ),
        ("dropout_param { dropout_ratio: -1 }", (2, 3), "dropout_param.dropout_ratio: -1 must be"),
        ("", (2,), r"needs a bottom with channels, .*got shape \(2,\)"),
    ],
)
def test_errors(make_layer, param, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(SpatialDropout\): {message}"):
        make_layer(dropout(param), shape)
