import numpy as np
import pytest

from cortado.proto import ConfigError


def accuracy(param=""):
    return f'type: "SegAccuracy" seg_accuracy_param {{ {param} }}'


def scores_for(taken, classes):
    """Scores (1, classes, 1, n) whose best are these."""
    return np.eye(classes)[np.array(taken)].T.reshape(1, classes, 1, -1)


def labels_of(labels):
    return np.array(labels, float).reshape(1, 1, 1, -1)


def run(layer, bottom, top):
    layer.forward(bottom, top)
    return top[0].data.ravel().tolist()


def test_the_three_numbers(make_layer):
    layer, bottom, top = make_layer(
        accuracy(), scores_for([0, 0, 1, 1, 1, 0], 3), labels_of([0, 0, 0, 1, 1, 1])
    )
    # Class 0: 2 of 3, with 4 in either; class 1 alike; class 2 occurs nowhere.
    expected = [4 / 6, 2 / 3, (2 / 4 + 2 / 4 + 1) / 3]
    np.testing.assert_allclose(run(layer, bottom, top), expected)
    assert top[0].shape == (1, 1, 1, 3)


def test_a_class_that_is_only_taken_for_has_no_recall_and_no_overlap(make_layer):
    layer, bottom, top = make_layer(accuracy(), scores_for([1, 2], 3), labels_of([1, 1]))
    np.testing.assert_allclose(run(layer, bottom, top), [1 / 2, 1 / 2, (1 + 1 / 2 + 0) / 3])


def test_definition_in_loops(make_layer, rng):
    labels = rng.integers(0, 4, (2, 3, 5))
    layer, bottom, top = make_layer(accuracy("ignore_label: 3"), (2, 3, 3, 5), labels)
    matrix = np.zeros((3, 3))
    for n, h, w in np.ndindex(labels.shape):
        if labels[n, h, w] != 3:
            matrix[labels[n, h, w], bottom[0].data[n, :, h, w].argmax()] += 1
    right = np.diag(matrix)
    recalls = right / matrix.sum(axis=1)
    overlaps = right / (matrix.sum(axis=0) + matrix.sum(axis=1) - right)
    expected = [right.sum() / matrix.sum(), recalls.mean(), overlaps.mean()]
    np.testing.assert_allclose(run(layer, bottom, top), expected)


def test_several_labels_may_be_ignored(make_layer):
    layer, bottom, top = make_layer(
        accuracy("ignore_label: 255 ignore_label: 1"),
        scores_for([0, 0, 1], 2),
        labels_of([0, 1, 255]),
    )
    assert run(layer, bottom, top) == [1, 1, 1]


def test_nothing_to_count_is_not_right(make_layer):
    layer, bottom, top = make_layer(
        accuracy("ignore_label: 9"), scores_for([0, 1], 2), labels_of([9, 9])
    )
    assert run(layer, bottom, top) == [0, 0, 1]


def test_of_equal_scores_the_last_is_the_best(make_layer):
    layer, bottom, top = make_layer(accuracy(), np.ones((1, 3, 1, 1)), labels_of([2]))
    assert run(layer, bottom, top)[0] == 1


def test_without_reset_batches_add_up_and_a_resume_goes_on(make_layer):
    parts = [([0, 0], [0, 1]), ([1, 1], [1, 1])]
    layer, bottom, top = make_layer(
        accuracy("reset: false"), scores_for(parts[0][0], 2), labels_of(parts[0][1])
    )
    assert run(layer, bottom, top)[0] == 1 / 2
    state = layer.state()
    bottom[0].data[...], bottom[1].data[...] = scores_for(parts[1][0], 2), labels_of(parts[1][1])
    assert run(layer, bottom, top)[0] == 3 / 4
    layer.reshape(bottom, top)
    layer.restore(state)
    assert run(layer, bottom, top)[0] == 3 / 4
    fresh, _, _ = make_layer(accuracy(), scores_for([0], 2), labels_of([0]))
    assert fresh.state() == {}
    fresh.restore({})


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        ((2, 3), (2,), r"needs scores \(N, C, H, W\) as bottom\[0\], got shape \(2, 3\)"),
        ((2, 3, 4, 5), (2, 1, 5, 4), r"must be one per pixel, so shape \(2, 1, 4, 5\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(make_layer, scores, labels, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(SegAccuracy\): .*{message}"):
        make_layer(accuracy(), scores, labels)


def test_a_label_that_is_no_class_is_named(make_layer):
    layer, bottom, top = make_layer(accuracy(), scores_for([0, 1], 2), labels_of([0, 255]))
    message = r"label 255 of item 0 at \[0, 1\] is outside \[0, 2\), .*ignore_label"
    with pytest.raises(ConfigError, match=message):
        layer.forward(bottom, top)


def test_it_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(accuracy(), scores_for([0], 2), labels_of([0]))
    assert layer.propagate_down == [False, False]
    layer.backward(top, bottom)
    layer.propagate_down = [True, False]
    with pytest.raises(ConfigError, match="cannot give its bottoms a gradient"):
        layer.backward(top, bottom)
