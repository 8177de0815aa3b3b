import pytest

from cortado.proto import ConfigError


def test_wanted_gradients_are_0(make_layer):
    layer, bottom, top = make_layer('type: "Silence"', (2, 3), (4,), tops=0)
    layer.propagate_down = [True, False]
    for blob in bottom:
        blob.diff[...] = 5
    layer.forward(bottom, top)
    layer.backward(top, bottom)
    assert (bottom[0].diff == 0).all()
    assert (bottom[1].diff == 5).all()


def test_it_gives_nothing(make_layer):
    with pytest.raises(ConfigError, match="takes 0 top blobs, got 1"):
        make_layer('type: "Silence"', (2, 3))
