import itertools

import numpy as np
import pytest

from cortado.core import log
from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

# Labels of four sequences, over classes 0 to 3 with blank 0.
LABELS = [[2], [1, 3], [], [1, 1]]


def ctc_loss(fields="", kind="CTCLoss"):
    return f'type: "{kind}" ctc_loss_param {{ {fields} }}'


def columns(labels, length=5):
    """(L, N), ended by -1."""
    return np.array([[*row, *[-1] * (length - len(row))] for row in labels], float).T


def cont(lengths, steps):
    return np.array([[t > 0 and t != n for n in lengths] for t in range(steps)], float)


def read(path, blank, merges=True):
    """What a path gives."""
    found, before = [], None
    for k in path:
        if k != blank and not (merges and k == before):
            found.append(k)
        before = k
    return found


def probability(scores, labels, blank, merges=True):
    """The sum over every path there is."""
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return sum(
        np.prod([p[t, k] for t, k in enumerate(path)])
        for path in itertools.product(range(p.shape[1]), repeat=len(p))
        if read(path, blank, merges) == labels
    )


@pytest.mark.parametrize("merges", ["true", "false"])
@pytest.mark.parametrize("blank", [0, 2, 3])
def test_all_paths_that_give_the_labels_count(make_layer, blank, merges):
    others = [k for k in range(4) if k != blank]
    labels = [[others[k - 1] for k in row] for row in LABELS]
    lengths = [5, 4, 3, 5]
    layer, bottom, top = make_layer(
        ctc_loss(f"blank_index: {blank} ctc_merge_repeated: {merges}"),
        (5, 4, 4),
        cont(lengths, 5),
        columns(labels),
    )
    layer.forward(bottom, top)
    expected = 0
    for n, row in enumerate(labels):
        if row:
            scores = bottom[0].data[: lengths[n], n]
            expected -= np.log(probability(scores, row, blank, merges == "true"))
    assert top[0].data == pytest.approx(expected / 4, rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "fields", "blank"),
    [
        ("CTCLoss", "", 3),
        ("CTCLoss", "blank_index: 1", 1),
        ("CtcLoss", "", 0),
        ("CtcLoss", "blank_label: 2 alphabet_size: 4 time_step: 4", 2),
        ("WarpCTC", "", 0),
        ("WarpCTC", "blank_index: -1", 3),
        ("WarpCTCLoss", "blank_label: 3", 3),
        ("WarpCtcLoss", "", 0),
    ],
)
def test_with_two_bottoms_blanks_are_skipped(make_layer, kind, fields, blank):
    others = [k for k in range(4) if k != blank]
    labels = np.array([[others[0], blank, others[2]], [blank, others[1], -1], [blank] * 3])
    layer, bottom, top = make_layer(ctc_loss(fields, kind), (4, 3, 4), labels)
    layer.forward(bottom, top)
    expected = 0
    for n, row in enumerate([[others[0], others[2]], [others[1]], []]):
        expected -= np.log(probability(bottom[0].data[:, n], row, blank))
    assert top[0].data == pytest.approx(expected / 3, rel=1e-12)


def test_time_step_may_be_less_than_there_is(make_layer):
    labels = np.array([[1, 2]])
    layer, bottom, top = make_layer(ctc_loss("time_step: 3", "CtcLoss"), (5, 1, 3), labels)
    layer.forward(bottom, top)
    assert top[0].data == pytest.approx(-np.log(probability(bottom[0].data[:3, 0], [1, 2], 0)))


def test_four_bottoms_give_the_lengths(make_layer):
    labels = np.array([[1, 2], [2, 1], [1, 9]])
    layer, bottom, top = make_layer(ctc_loss("blank_index: 0"), (4, 2, 3), [4, 3], [3, 1], labels)
    layer.forward(bottom, top)
    expected = -np.log(probability(bottom[0].data[:, 0], [1, 2, 1], 0))
    expected -= np.log(probability(bottom[0].data[:3, 1], [2], 0))
    assert top[0].data == pytest.approx(expected / 2, rel=1e-12)


def test_output_delay_passes_over_the_first_steps(make_layer):
    layer, bottom, top = make_layer(
        ctc_loss("blank_index: 0 output_delay: 2"), (5, 1, 3), cont([5], 5), columns([[1, 2]])
    )
    layer.forward(bottom, top)
    expected = -np.log(probability(bottom[0].data[2:, 0], [1, 2], 0))
    assert top[0].data == pytest.approx(expected, rel=1e-12)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert not bottom[0].diff[:2].any()


def test_repeated_labels_can_be_made_one(make_layer):
    fields = "blank_index: 0 preprocess_collapse_repeated: true"
    layer, bottom, top = make_layer(
        ctc_loss(fields), (5, 1, 3), cont([5], 5), columns([[1, 1, 2, 2, 1]])
    )
    layer.forward(bottom, top)
    expected = -np.log(probability(bottom[0].data[:, 0], [1, 2, 1], 0))
    assert top[0].data == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("labels", [[1, 2], [2, 2], [1]])
@pytest.mark.parametrize("fields", ["", "ctc_merge_repeated: false", "output_delay: 1"])
def test_gradient_of_a_sequence(make_layer, fields, labels):
    bottoms = (5, 1, 3), cont([4], 5), columns([labels])
    check_gradients(*make_layer(ctc_loss(f"blank_index: 0 {fields}"), *bottoms))


def test_each_sequence_of_a_batch_has_the_gradient_that_it_has_alone(make_layer):
    lengths = [5, 4, 3, 5]
    prototxt = ctc_loss("blank_index: 0")
    layer, bottom, top = make_layer(prototxt, (5, 4, 4), cont(lengths, 5), columns(LABELS))
    layer.forward(bottom, top)
    top[0].diff[...] = 0.5
    layer.backward(top, bottom)
    for n in range(4):
        bottoms = (blob.data[:, n : n + 1] for blob in bottom)
        one, its, loss = make_layer(prototxt, *bottoms)
        one.forward(its, loss)
        loss[0].diff[...] = 0.5
        one.backward(loss, its)
        np.testing.assert_allclose(bottom[0].diff[:, n], its[0].diff[:, 0], atol=1e-12)
    assert not bottom[0].diff[:, 2].any()  # it has no labels


def test_large_scores_do_not_overflow(make_layer):
    scores = np.array([[[1000.0, 0, 0]], [[0, 1000, 0]], [[-1000, 0, 0]]])
    layer, bottom, top = make_layer(
        ctc_loss("blank_index: 0"), scores, cont([3], 3), columns([[1]]), dtype="float32"
    )
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert top[0].data == pytest.approx(np.log(2))
    assert np.isfinite(bottom[0].diff).all()


def test_a_sequence_too_short_for_its_labels_counts_for_nothing(make_layer, monkeypatch):
    lines = []
    monkeypatch.setattr(log, "warning", lambda source, message: lines.append(message))
    bottoms = (3, 2, 3), cont([3, 3], 3), columns([[1, 1, 1], [1, 2]])
    layer, bottom, top = make_layer(ctc_loss("blank_index: 0"), *bottoms)
    for _ in range(2):
        layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    expected = -np.log(probability(bottom[0].data[:, 1], [1, 2], 0))
    assert top[0].data == pytest.approx(expected / 2, rel=1e-12)
    assert not bottom[0].diff[:, 0].any()
    assert lines == [
        "Layer it: 3 steps are too few for the 3 labels of sequence 0; such sequences count for "
        "nothing"
    ]


def test_scores_that_are_no_numbers_show(make_layer):
    scores = np.zeros((3, 2, 3))
    scores[1, 0, 1] = np.nan
    layer, bottom, top = make_layer(ctc_loss(), scores, cont([3, 3], 3), columns([[1], [1]]))
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert np.isnan(top[0].data)
    assert np.isnan(bottom[0].diff[:, 0]).any()
    assert np.isfinite(bottom[0].diff[:, 1]).all()


def test_it_is_a_loss(make_layer):
    bottoms = (3, 2, 3), cont([3, 3], 3), columns([[1], [1]])
    layer, _, _ = make_layer(ctc_loss(), *bottoms)
    assert layer.default_loss_weight(0) == 1
    assert [layer.allows_force_backward(i) for i in range(3)] == [True, False, False]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (3, r"label 3 of sequence 1 in bottom\[2\] is outside \[0, 3\)"),
        (np.nan, r"label nan of sequence 1 in bottom\[2\] is outside"),
        (0, r"label 0 of sequence 1 in bottom\[2\] is the blank; a negative number ends"),
    ],
)
def test_a_wrong_label_is_named(make_layer, label, message):
    bottoms = (3, 2, 3), cont([3, 3], 3), columns([[1], [1, label]])
    layer, bottom, top = make_layer(ctc_loss("blank_index: 0"), *bottoms)
    with pytest.raises(ConfigError, match=rf"layer 'it' \(CTCLoss\): {message}") as caught:
        layer.forward(bottom, top)
    assert caught.value.item == 1


@pytest.mark.parametrize("lengths", [([4, 9], [1, 1], 1), ([4, 4], [1, -1], 2)])
def test_a_wrong_length_is_named(make_layer, lengths):
    steps, sizes, index = lengths
    layer, bottom, top = make_layer(ctc_loss(), (4, 2, 3), steps, sizes, np.ones((3, 2)))
    with pytest.raises(ConfigError, match=rf"number 1 of bottom\[{index}\], the length of a seq"):
        layer.forward(bottom, top)


X = (4, 2, 3)


@pytest.mark.parametrize(
    ("fields", "shapes", "message"),
    [
        ("alphabet_size: 5", [X, (2, 3)], r"alphabet_size: 5 must be the number of classes"),
        ("time_step: 5", [X, (2, 3)], "time_step: 5 must not be above the 4 steps"),
        ("output_delay: 4", [X, (2, 3)], "output_delay: 4 must be at least 0 and below the 4"),
        ("blank_index: 3", [X, (2, 3)], r"blank_index: 3 must be a class, in \[0, 3\), or -1"),
        ("blank_label: -2", [X, (2, 3)], "blank_label: -2 must be a class"),
        ("blank_label: 1 blank_index: 1", [X, (2, 3)], "are two names for one"),
        ("", [(4, 2), (2, 3)], r"bottom\[0\] must be scores \(T, N, C\), got shape \(4, 2\)"),
        ("", [X, (3, 2)], r"bottom\[1\] must be labels \(N, L\) for 2 sequences of 4 steps"),
        ("", [X, (4, 3), (5, 2)], r"bottom\[1\] must be cont \(T, N\)"),
        ("", [X, (4, 2), (5, 3)], r"bottom\[2\] must be labels \(L, N\)"),
        ("", [X, (3,), (2,), (5, 2)], r"bottom\[1\] must be lengths \(N\)"),
        ("", [X, (2,), (3,), (5, 2)], r"bottom\[2\] must be numbers of labels \(N\)"),
        ("", [X, (2,), (2,), (5,)], r"bottom\[3\] must be labels \(L, N\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, fields, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(CTCLoss\): .*{message}"):
        make_layer(ctc_loss(fields), *shapes)
