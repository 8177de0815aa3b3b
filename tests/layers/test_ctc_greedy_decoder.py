import numpy as np
import pytest

from cortado.layers.families.ctc_decoder import edit_distance
from cortado.proto import ConfigError


def decoder(fields="", kind="CTCGreedyDecoder"):
    return f'type: "{kind}" ctc_decoder_param {{ {fields} }}'


def paths(*rows, classes=4):
    """(T, N, C) with 0.7 for the class of each path at each step."""
    p = np.full((len(rows[0]), len(rows), classes), 0.3 / (classes - 1))
    for n, row in enumerate(rows):
        for t, k in enumerate(row):
            p[t, n, k] = 0.7
    return p


def labels(top):
    return [[int(k) for k in row if k >= 0] for row in top[0].data[:, :, 0, 0]]


P = paths([3, 1, 1, 3, 1, 2], [0, 0, 3, 3, 3, 0], [3, 3, 3, 3, 3, 3])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("", [[1, 1, 2], [0, 0], []]),
        ("ctc_merge_repeated: false", [[1, 1, 1, 2], [0, 0, 0], []]),
        ("blank_index: 1", [[3, 3, 2], [0, 3, 0], [3]]),
    ],
)
def test_best_classes_without_blanks_and_repetitions(make_layer, fields, expected):
    layer, bottom, top = make_layer(decoder(fields), P)
    layer.forward(bottom, top)
    assert top[0].shape == (3, 6, 1, 1)
    assert labels(top) == expected
    assert (np.diff(top[0].data[0].ravel() < 0) >= 0).all()


def test_cont_ends_a_sequence(make_layer):
    cont = np.ones((6, 3))
    cont[0] = 0
    cont[2, 0] = cont[4, 0] = cont[5, 1] = 0
    layer, bottom, top = make_layer(decoder(), P, cont, tops=2)
    layer.forward(bottom, top)
    assert labels(top) == [[1], [0], []]
    np.testing.assert_allclose(top[1].data.ravel(), [-0.7 * 2, -0.7 * 5, -0.7 * 6])


@pytest.mark.parametrize("tops", [2, 3])
def test_accuracy_is_by_edit_distance(make_layer, tops):
    truth = np.full((6, 3), -1)
    truth[:2, 0], truth[:2, 1] = [1, 2], [0, 0]
    layer, bottom, top = make_layer(decoder(), P, np.ones((6, 3)), truth, tops=tops)
    layer.forward(bottom, top)
    assert [blob.shape for blob in top[1:]] == [(3, 1, 1, 1), (1, 1, 1, 1)][3 - tops :]
    assert top[-1].data.item() == pytest.approx(1 - (1 / 3) / 3)


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [([], [], 0), ([1], [], 1), ([1, 2, 3], [2, 3, 4], 2), ([1, 2], [2, 1], 2), ([5] * 3, [5], 2)],
)
def test_edit_distance(one, other, distance):
    assert edit_distance(one, other) == edit_distance(other, one) == distance


def test_it_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(decoder(), P)
    layer.propagate_down = [False]
    layer.backward(top, bottom)
    layer.propagate_down = [True]
    with pytest.raises(ConfigError, match="cannot give its bottoms a gradient"):
        layer.backward(top, bottom)


@pytest.mark.parametrize(
    ("fields", "shapes", "tops", "message"),
    [
        ("blank_index: 4", [(6, 3, 4)], 1, r"blank_index: 4 must be a class, in \[0, 4\), or -1"),
        ("", [(6, 3)], 1, r"bottom\[0\] must be probabilities \(T, N, C\), got shape \(6, 3\)"),
        ("", [(6, 3, 4), (6, 2)], 1, r"bottom\[1\] must be cont \(T, N\) = \(6, 3\)"),
        ("", [(6, 3, 4), (6, 3), (6, 2)], 1, r"bottom\[2\] must be labels \(L, N\), N being 3"),
        ("", [(6, 3, 4), (6, 3)], 3, "takes 1 or 2 top blobs, got 3"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, fields, shapes, tops, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(CTCGreedyDecoder\): .*{message}"):
        make_layer(decoder(fields), *shapes, tops=tops)
