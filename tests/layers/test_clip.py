import pytest

from cortado.proto import ConfigError

CLIP = 'type: "Clip" clip_param { min: -1 max: 2 }'


def test_the_gradient_passes_at_the_bounds(make_layer):
    layer, bottom, top = make_layer(CLIP, [-3, -1, 0, 2, 5])
    layer.forward(bottom, top)
    assert top[0].data.tolist() == [-1, -1, 0, 2, 2]
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert bottom[0].diff.tolist() == [0, 1, 1, 1, 0]


def test_bounds_are_required(make_layer):
    with pytest.raises(ConfigError, match="clip_param is missing; give its min and max"):
        make_layer('type: "Clip"', (3,))


def test_bounds_that_leave_nothing_are_named(make_layer):
    with pytest.raises(ConfigError, match=r"clip_param.min: 3 is above clip_param.max \(1\)"):
        make_layer('type: "Clip" clip_param { min: 3 max: 1 }', (3,))
