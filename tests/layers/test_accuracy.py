import numpy as np
import pytest

from cortado.proto import ConfigError

SCORES = [[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [0.1, 0.8, 0.1]]


def accuracy(param=""):
    return f'type: "Accuracy" accuracy_param {{ {param} }}'


def run(make_layer, param, scores, labels, tops=1):
    layer, bottom, top = make_layer(accuracy(param), scores, labels, tops=tops)
    layer.forward(bottom, top)
    return [blob.data.tolist() for blob in top]


@pytest.mark.parametrize(
    ("param", "expected"),
    [("", 2 / 4), ("top_k: 2", 3 / 4), ("top_k: 3", 1), ("ignore_label: 0", 1 / 3)],
)
def test_share_of_labels_among_the_best(make_layer, param, expected):
    assert run(make_layer, param, SCORES, [1, 0, 1, 2]) == [expected]


def test_equal_scores_count_as_better(make_layer):
    assert run(make_layer, "", [[0.5, 0.5], [0, 1]], [0, 1]) == [0.5]
    assert run(make_layer, "top_k: 2", [[0.5, 0.5, 0.5], [0.5, 0.5, 0]], [0, 1]) == [0.5]


def test_a_diverged_net_is_not_right(make_layer):
    assert run(make_layer, "", [[np.nan, np.nan], [np.nan, 1]], [0, 1]) == [0]


def test_each_class_on_its_own(make_layer):
    total, per_class = run(make_layer, "", SCORES, [1, 0, 1, 1], tops=2)
    assert total == 3 / 4
    assert per_class == [1, pytest.approx(2 / 3), 0]


def test_each_class_without_the_ignored_one(make_layer):
    assert run(make_layer, "ignore_label: 0", SCORES, [1, 0, 1, 1], tops=2) == [
        pytest.approx(2 / 3),
        [0, pytest.approx(2 / 3), 0],
    ]


def test_no_label_left_gives_0(make_layer):
    assert run(make_layer, "ignore_label: 255", SCORES, [255] * 4) == [0]


@pytest.mark.parametrize("axis", [1, -1])
@pytest.mark.parametrize("top_k", [1, 2])
def test_images_have_a_label_at_every_place(make_layer, rng, axis, top_k):
    scores = rng.standard_normal((2, 3, 4, 5))
    best_first = np.argsort(-scores, axis=axis)
    labels = rng.integers(0, scores.shape[axis], np.delete(scores.shape, axis))
    best = np.moveaxis(best_first, axis, -1)[..., :top_k]
    expected = (best == labels[..., None]).any(axis=-1).mean()
    found = run(make_layer, f"axis: {axis} top_k: {top_k}", scores, labels)
    assert found == [pytest.approx(expected)]
    assert 0 < expected < 1


def test_backward_does_nothing_unless_a_gradient_is_wanted(make_layer):
    layer, bottom, top = make_layer(accuracy(), SCORES, [1, 0, 1, 1])
    layer.forward(bottom, top)
    layer.backward(top, bottom)
    assert not bottom[0].has_diff
    layer.propagate_down = [True, False]
    with pytest.raises(ConfigError, match=r"\(Accuracy\): cannot give its bottoms a gradient"):
        layer.backward(top, bottom)


def test_a_label_outside_the_classes_is_named(make_layer):
    layer, bottom, top = make_layer(accuracy("ignore_label: 255"), SCORES, [0, 255, 0, 3])
    message = r"layer 'it' \(Accuracy\): label 3 of item 3 is outside \[0, 3\)"
    with pytest.raises(ConfigError, match=message) as caught:
        layer.forward(bottom, top)
    assert caught.value.item == 3


@pytest.mark.parametrize(
    ("param", "shapes", "message"),
    [
        ("top_k: 4", [(2, 3), (2,)], "top_k: 4 must be .* at most the number of classes, 3"),
        ("top_k: 0", [(2, 3), (2,)], "top_k: 0 must be at least 1"),
        ("axis: 2", [(2, 3), (2,)], "accuracy_param.axis: 2 is out of range"),
        ("", [(2, 3, 4), (2,)], r"labels of shape \(2,\) do not fit .*so shape \(2, 4\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, param, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Accuracy\): .*{message}"):
        make_layer(accuracy(param), *shapes)
