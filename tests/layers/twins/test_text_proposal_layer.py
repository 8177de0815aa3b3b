import math

import numpy as np
import pytest

from cortado.proto import ConfigError

SHAPES = [(1, 20, 3, 4), (1, 20, 3, 4)]
IMAGE = [[48, 64]]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """In no folder that has a `layers` of its own."""
    monkeypatch.chdir(tmp_path)


def twin(param_str="'feat_stride': 16"):
    return (
        'type: "Python" python_param { module: "layers.text_proposal_layer" '
        f'layer: "ProposalLayer" param_str: "{param_str}" }}'
    )


def test_anchors_are_moved_up_and_down_and_stretched(make_layer):
    layer, bottom, top = make_layer(twin(), *SHAPES, IMAGE, tops=2)
    layer.forward(bottom, top)
    ends = [(2, 12), (0, 15), (-3, 18), (-8, 23), (-16, 31)]
    ends += [(-26, 41), (-40, 55), (-61, 76), (-91, 106), (-133, 148)]
    assert top[0].shape == (120, 4)
    assert top[1].shape == (120, 1)
    row = 0
    for i in range(3):
        for j in range(4):
            for a, (y1, y2) in enumerate(ends):
                shift, stretch = bottom[1].data[0, 2 * a : 2 * a + 2, i, j]
                height = y2 - y1 + 1
                centre = 16 * i + (y1 + y2) / 2 + shift * height
                height *= math.exp(stretch)
                limits = np.clip([centre - height / 2, centre + height / 2], 0, 47)
                expected = [16 * j, limits[0], 16 * j + 15, limits[1]]
                np.testing.assert_allclose(top[0].data[row], expected)
                assert top[1].data[row] == bottom[0].data[0, 10 + a, i, j]
                row += 1


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(1, 18, 3, 4), (1, 20, 3, 4)], r"bottom\[0\] must be scores \(1, 20, H, W\)"),
        ([(1, 20, 3, 4), (1, 40, 3, 4)], r"bottom\[1\] must be shifts \(1, 20, 3, 4\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, shapes, message):
    layer, bottom, top = make_layer(twin(), *shapes, IMAGE, tops=2)
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Python\): .*{message}"):
        layer.forward(bottom, top)


def test_the_number_of_blobs_is_checked(make_layer):
    with pytest.raises(ConfigError, match="needs 3 bottoms .* got 3 and 1"):
        make_layer(twin(), *SHAPES, IMAGE)


def test_feat_stride_is_required(make_layer):
    with pytest.raises(ConfigError, match="param_str: feat_stride is required"):
        make_layer(twin(""), *SHAPES, IMAGE, tops=2)
