import numpy as np
import pytest

from cortado.proto import ConfigError


def accuracy(blank=None):
    param = "" if blank is None else f"labelsequence_accuracy_param {{ blank_label: {blank} }}"
    return f'type: "LabelsequenceAccuracy" {param}'


PATHS = np.array([[1, 1, 0, 1], [0, 2, 2, 0], [1, 2, 0, 0], [0, 0, 0, 0]])


@pytest.mark.parametrize(
    ("blank", "labels", "expected"),
    [
        (None, [[1, 1, 0], [2, 0, 0], [1, 0, 2], [0, 0, 0]], 1),
        (None, [[1, 0, 0], [2, 0, 0], [2, 1, 0], [1, 0, 0]], 0.25),
        (2, [[1, 0, 1], [0, 0, 2], [1, 0, 2], [2, 2, 2]], 0.75),
    ],
)
def test_share_of_sequences_that_are_all_right(make_layer, blank, labels, expected):
    scores = np.eye(3)[PATHS]
    layer, bottom, top = make_layer(accuracy(blank), scores, labels)
    layer.forward(bottom, top)
    assert top[0].shape == ()
    assert top[0].data == expected


def test_it_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(accuracy(), (4, 5, 3), (4, 2))
    assert not any(layer.allows_force_backward(i) for i in (0, 1))
    layer.propagate_down = [True, False]
    with pytest.raises(ConfigError, match="cannot give its bottoms a gradient"):
        layer.backward(top, bottom)


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        ((4, 5), (4, 2), r"bottom\[0\] must be scores \(N, T, C\), got shape \(4, 5\)"),
        ((4, 5, 3), (5, 2), r"bottom\[1\] must be labels \(N, L\), N being 4, got shape \(5, 2\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, scores, labels, message):
    with pytest.raises(ConfigError, match=rf"\(LabelsequenceAccuracy\): {message}"):
        make_layer(accuracy(), scores, labels)
