import numpy as np
import pytest

from cortado.layers.families.center_boxes import overlap
from cortado.proto import ConfigError

NAME = "eval_detection_param"
ANCHORS = np.array([[0.5, 1.0], [2, 1.5]])
BIASES = " ".join(f"biases: {number:g}" for number in ANCHORS.ravel())


def evaluate(param, second=True):
    shape = "side: 3 num_class: 2 num_object: 2"
    return f'type: "EvalDetection" {NAME} {{ {shape} {BIASES if second else ""} {param} }}'


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def second_version(x, kind):
    """(label, score, box) of each cell and box."""
    x = x.reshape(2, 7, 3, 3)
    for row, column, box in np.ndindex(3, 3, 2):
        t = x[box, :, row, column]
        p = np.exp(t[5:]) / np.exp(t[5:]).sum()
        score = {"OBJ": sigmoid(t[4]), "PROB": p.max(), "MULTIPLY": sigmoid(t[4]) * p.max()}[kind]
        place = [(column + sigmoid(t[0])) / 3, (row + sigmoid(t[1])) / 3]
        yield p.argmax(), score, np.array([*place, *np.exp(t[2:4]) * ANCHORS[box] / 3])


def first_version(x, kind, sqrt=True, constriant=True):
    x = x.reshape(-1, 9)
    for cell in range(9):
        label, most = x[:2, cell].argmax(), x[:2, cell].max()
        for k in range(2):
            scale = x[2 + k, cell]
            box = x[4 + 4 * k : 8 + 4 * k, cell].copy()
            if constriant:
                box[:2] = (cell % 3 + box[0]) / 3, (cell // 3 + box[1]) / 3
            if sqrt:
                box[2:] **= 2
            yield label, {"OBJ": scale, "PROB": most, "MULTIPLY": scale * most}[kind], box


def definition(found, truths, threshold, nms, least=-np.inf):
    """Counts and rows in plain loops; truths are (label, box, difficult)."""
    found = sorted(found, key=lambda one: -one[1])
    if nms >= 0:
        kept = []
        for one in found:
            if all(overlap(one[2], other[2]) < nms for other in kept):
                kept.append(one)
        found = [one for one in kept if one[1] >= least]
    counts = [sum(t[0] == label and not t[2] for t in truths) for label in range(2)]
    rows, taken = [], set()
    for label in range(2):
        same = [i for i, truth in enumerate(truths) if truth[0] == label]
        for one in (one for one in found if one[0] == label):
            shares = [overlap(one[2], truths[i][1]) for i in same]
            row = [label, one[1], 0, 1]
            if shares and max(shares) >= threshold:
                best = same[int(np.argmax(shares))]
                row[2:] = [0, 0] if truths[best][2] else [0, 1] if best in taken else [1, 0]
                if not truths[best][2]:
                    taken.add(best)
            rows.append(row)
    return np.array([*counts, *np.ravel(rows)])


@pytest.mark.parametrize("kind", ["OBJ", "PROB", "MULTIPLY"])
@pytest.mark.parametrize("nms", [-1, 0.3])
def test_the_second_version(make_layer, kind, nms):
    truths = np.zeros((2, 4, 5))
    truths[0, :3] = [(0, 0.5, 0.5, 0.3, 0.4), (1, 0.2, 0.8, 0.2, 0.3), (0, 0.8, 0.3, 0.6, 0.5)]
    truths[1, 0] = (1, 0.4, 0.6, 0.5, 0.5)
    param = f"score_type: {kind} nms: {nms} threshold: 0.25"
    layer, (x, labels), (y,) = make_layer(evaluate(param), (2, 14, 3, 3), truths.reshape(2, 20))
    layer.forward([x, labels], [y])
    assert y.shape == (2, 2 + 4 * 18)
    for item in range(2):
        rows = [(int(t[0]), t[1:], False) for t in truths[item] if t[1]]
        expected = definition(second_version(x.data[item], kind), rows, 0.25, nms, 0.005)
        np.testing.assert_allclose(y.data[item, : len(expected)], expected, rtol=1e-9)
        assert not y.data[item, len(expected) :].any()
    assert (y.data[:, 4::4] == 1).any()  # something was right


def test_truths_may_be_annotations(make_layer):
    truths = np.zeros((2, 2, 5))
    truths[0] = [(0, 0.5, 0.5, 0.3, 0.4), (1, 0.2, 0.8, 0.2, 0.3)]
    truths[1, 0] = (1, 0.4, 0.6, 0.5, 0.5)
    annotations = [
        [item, label + 1, 0, x - w / 2, y - h / 2, x + w / 2, y + h / 2, 0]
        for item, (label, x, y, w, h) in [(1, truths[1, 0]), (0, truths[0, 0]), (0, truths[0, 1])]
    ]
    annotations.append([-1] * 8)
    found = []
    for labels in (truths.reshape(2, 10), [[annotations]]):
        layer, bottom, (y,) = make_layer(evaluate("nms: 0.3"), (2, 14, 3, 3), labels)
        layer.forward(bottom, [y])
        found.append(y.data.copy())
    np.testing.assert_allclose(*found, rtol=1e-12)


@pytest.mark.parametrize("kind", ["OBJ", "PROB", "MULTIPLY"])
@pytest.mark.parametrize(
    ("param", "options"),
    [("", {}), ("sqrt: false", {"sqrt": False}), ("constriant: false", {"constriant": False})],
)
def test_the_first_version(make_layer, rng, kind, param, options):
    x = rng.uniform(0.1, 1, (2, 2 * 9 + 5 * 18))
    truths = np.zeros((2, 7 * 9))
    for item, cell, label, difficult in [(0, 4, 1, 0), (0, 8, 0, 0), (0, 2, 1, 1), (1, 0, 0, 0)]:
        truths[item, [cell, 9 + cell, 18 + cell]] = difficult, 1, label
        truths[item, 27 + 4 * cell : 31 + 4 * cell] = rng.uniform(0.3, 0.7, 4)
    text = f"score_type: {kind} threshold: 0.2 nms: 0.5 {param}"
    layer, bottom, (y,) = make_layer(evaluate(text, second=False), x, truths)
    layer.forward(bottom, [y])
    for item in range(2):
        flags = truths[item, :27].reshape(3, 9)
        boxes = truths[item, 27:].reshape(9, 4)
        rows = [(int(flags[2, i]), boxes[i], flags[0, i] == 1) for i in range(9) if flags[1, i]]
        found = first_version(x[item], kind, **options)
        expected = definition(found, rows, 0.2, 0.5)
        np.testing.assert_allclose(y.data[item, : len(expected)], expected, rtol=1e-9)


def test_the_image_may_be_a_third_bottom(make_layer):
    layer, bottom, top = make_layer(evaluate(""), (1, 14, 3, 3), np.zeros((1, 20)), (1, 3, 9, 9))
    layer.forward(bottom, top)
    assert top[0].data[0, :2].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("prototxt", "shapes", "message"),
    [
        (evaluate("biases: 1"), [(1, 14, 3, 3), (1, 20)], f"{NAME}.biases: has 5 numbers"),
        (evaluate(""), [(1, 13, 3, 3), (1, 20)], r"bottom\[0\] has shape .*117 .* make 126"),
        (evaluate("", False), [(1, 14, 3, 3), (1, 63)], r"bottom\[0\] .* make 108"),
        (evaluate(""), [(1, 14, 3, 3), (1, 21)], r"bottom\[1\] .*needs rows of 5 numbers"),
        (evaluate("", False), [(1, 108), (1, 62)], r"bottom\[1\] .*needs 63 numbers for each of 1"),
        (evaluate(""), [(1, 14, 3, 3), (2, 20)], r"bottom\[1\] has shape \(2, 20\)"),
    ],
)
def test_errors(make_layer, prototxt, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(EvalDetection\): {message}"):
        make_layer(prototxt, *shapes)


def test_a_class_that_is_none_is_named(make_layer):
    labels = [[2, 0.5, 0.5, 0.1, 0.1]]
    layer, bottom, top = make_layer(evaluate(""), (1, 14, 3, 3), labels)
    with pytest.raises(ConfigError, match=r"bottom\[1\], item 0: class 2 is outside \[0, 2\)"):
        layer.forward(bottom, top)


def test_it_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(evaluate(""), (1, 14, 3, 3), (1, 20))
    layer.backward(top, bottom)
    layer.propagate_down = [True, False]
    with pytest.raises(ConfigError, match="cannot give its bottoms a gradient"):
        layer.backward(top, bottom)
