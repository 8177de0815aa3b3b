import math

import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

# Three priors: left half, right half, a small one in the middle.
PRIORS = np.array([[0, 0, 0.5, 1], [0.5, 0, 1, 1], [0.4, 0.4, 0.6, 0.6]])
VARIANCES = np.tile([0.1, 0.1, 0.2, 0.2], (3, 1))
PRIOR = np.stack([PRIORS, VARIANCES]).reshape(1, 2, 12)
# Of item 0 an object that is almost the left half, of item 1 none.
OBJECTS = np.array([[[[0, 2, 0, 0, 0, 0.5, 0.9, 0]]]])
SHAPES = ((2, 12), (2, 9))


def multibox_loss(param="", more=""):
    return (
        'type: "MultiBoxLoss" propagate_down: [true, true, false, false] '
        f"multibox_loss_param {{ num_classes: 3 {param} }} {more}"
    )


def smooth_l1(d):
    return d * d / 2 if abs(d) < 1 else abs(d) - 0.5


def cross_entropy(scores, label):
    return -math.log(math.exp(scores[label]) / sum(map(math.exp, scores)))


def location_loss(codes, prior, box, f=smooth_l1):
    return sum(
        f(code - (b - p) / v) for code, p, b, v in zip(codes, prior, box, VARIANCES[0], strict=True)
    )


@pytest.fixture
def loss(make_layer):
    """loss(param, more, objects) -> (value, locations (2, 3, 4), scores (2, 3, 3))."""

    def compute(param="", more="", objects=OBJECTS):
        layer, bottom, top = make_layer(multibox_loss(param, more), *SHAPES, PRIOR, objects)
        layer.forward(bottom, top)
        assert top[0].shape == ()
        return float(top[0].data), bottom[0].data.reshape(2, 3, 4), bottom[1].data.reshape(2, 3, 3)

    return compute


def test_by_default_a_match_and_its_three_hardest_negatives(loss):
    value, locations, scores = loss()
    expected = location_loss(locations[0, 0], PRIORS[0], OBJECTS[0, 0, 0, 3:7])
    expected += cross_entropy(scores[0, 0], 2)
    # Item 0 has but two priors left; item 1 has no object, and counts for nothing.
    expected += cross_entropy(scores[0, 1], 0) + cross_entropy(scores[0, 2], 0)
    assert value == pytest.approx(expected)


def test_neg_pos_ratio_takes_the_hardest(loss):
    value, locations, scores = loss("neg_pos_ratio: 1")
    expected = location_loss(locations[0, 0], PRIORS[0], OBJECTS[0, 0, 0, 3:7])
    expected += cross_entropy(scores[0, 0], 2)
    expected += max(cross_entropy(scores[0, i], 0) for i in (1, 2))
    assert value == pytest.approx(expected)


def test_without_mining_every_prior_counts(loss):
    value, locations, scores = loss("mining_type: NONE loc_weight: 3 loc_loss_type: L2")
    box = OBJECTS[0, 0, 0, 3:7]
    expected = 3 * location_loss(locations[0, 0], PRIORS[0], box, lambda d: d * d / 2)
    labels = np.array([[2, 0, 0], [0, 0, 0]])
    expected += sum(cross_entropy(scores[place], label) for place, label in np.ndenumerate(labels))
    assert value == pytest.approx(expected)


def test_logistic_without_mining_asks_unmatched_priors_for_no_class_in_every_item(loss):
    """Caffe's own counts the rows wrong from the second item on."""
    objects = np.concatenate([OBJECTS, OBJECTS + [1, -1, 0, 0.5, 0, 0.5, 0, 0]], axis=2)
    value, locations, scores = loss("mining_type: NONE conf_loss_type: LOGISTIC", objects=objects)
    expected = location_loss(locations[0, 0], PRIORS[0], objects[0, 0, 0, 3:7])
    expected += location_loss(locations[1, 1], PRIORS[1], objects[0, 0, 1, 3:7])
    targets = np.zeros((2, 3, 3))
    targets[0, 0, 2] = targets[1, 1, 1] = 1
    chances = 1 / (1 + np.exp(-scores))
    expected -= np.log(np.where(targets, chances, 1 - chances)).sum()
    assert value == pytest.approx(expected / 2)


def test_logistic_negatives_have_the_background_as_their_class(loss):
    value, locations, scores = loss("conf_loss_type: LOGISTIC")
    expected = location_loss(locations[0, 0], PRIORS[0], OBJECTS[0, 0, 0, 3:7])
    targets = np.eye(3)[[2, 0, 0]]
    chances = 1 / (1 + np.exp(-scores[0]))
    expected -= np.log(np.where(targets, chances, 1 - chances)).sum()
    assert value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("more", "divisor"),
    [
        ("", 2),
        ("loss_param { normalization: VALID }", 2),
        ("loss_param { normalization: FULL }", 6),
        ("loss_param { normalization: BATCH_SIZE }", 2),
        ("loss_param { normalization: NONE }", 1),
        ("loss_param { normalize: false }", 2),
    ],
)
def test_the_normalizer(loss, more, divisor):
    two = np.concatenate([OBJECTS, OBJECTS + [0, 0, 0, 0.5, 0, 0.5, 0, 0]], axis=2)
    whole, _, _ = loss(more="loss_param { normalization: NONE }", objects=two)
    assert loss(more=more, objects=two)[0] == pytest.approx(whole / divisor)


def test_a_batch_without_objects_has_no_loss_when_mining(make_layer):
    objects = np.full((1, 1, 1, 8), -1)
    layer, bottom, top = make_layer(multibox_loss(), *SHAPES, PRIOR, objects)
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.propagate_down = [True, True, False, False]
    layer.backward(top, bottom)
    assert top[0].data == 0
    assert not bottom[0].diff.any()
    assert not bottom[1].diff.any()


def test_a_term_without_gradient_is_left_out_of_the_loss(make_layer):
    values = []
    for flags in ("true, true", "true, false", "false, true"):
        text = multibox_loss().replace("true, true", flags)
        layer, bottom, top = make_layer(text, *SHAPES, PRIOR, OBJECTS)
        layer.forward(bottom, top)
        values.append(float(top[0].data))
    assert values[0] == pytest.approx(values[1] + values[2])
    assert min(values) > 0


def test_difficult_objects_can_be_left_out(loss):
    difficult = OBJECTS + [0, 0, 0, 0, 0, 0, 0, 1]
    assert loss(objects=difficult)[0] == loss()[0]
    assert loss("use_difficult_gt: false", objects=difficult)[0] == 0


def test_agnostic_labels_and_two_classes(make_layer, loss):
    value, locations, scores = loss("map_object_to_agnostic: true neg_pos_ratio: 0")
    expected = location_loss(locations[0, 0], PRIORS[0], OBJECTS[0, 0, 0, 3:7])
    assert value == pytest.approx(expected + cross_entropy(scores[0, 0], 1))
    text = multibox_loss("neg_pos_ratio: 0").replace("num_classes: 3", "num_classes: 2")
    layer, bottom, top = make_layer(text, (2, 12), (2, 6), PRIOR, OBJECTS)
    layer.forward(bottom, top)
    locations, scores = bottom[0].data.reshape(2, 3, 4), bottom[1].data.reshape(2, 3, 2)
    expected = location_loss(locations[0, 0], PRIORS[0], OBJECTS[0, 0, 0, 3:7])
    assert top[0].data == pytest.approx(expected + cross_entropy(scores[0, 0], 1))


@pytest.mark.parametrize("param", ["bp_inside: true", "ignore_cross_boundary_bbox: true"])
def test_corners_outside_the_image(make_layer, param):
    prior = PRIOR.copy()
    prior[0, 0, :4] = [-0.1, 0, 0.5, 1]
    layer, bottom, top = make_layer(
        multibox_loss(f"{param} neg_pos_ratio: 0"), *SHAPES, prior, OBJECTS
    )
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.propagate_down = [True, True, False, False]
    layer.backward(top, bottom)
    slopes = bottom[0].diff.reshape(2, 3, 4)
    if "bp_inside" in param:
        assert slopes[0, 0, 0] == 0
        assert slopes[0, 0, 1:].all()
    else:
        assert not slopes[0, 0].any()
        assert slopes[0, 2].all()  # the only one inside that overlaps the object


GEOMETRIES = [
    "",
    "code_type: CENTER_SIZE",
    "code_type: CORNER_SIZE loc_loss_type: L2",
    "conf_loss_type: LOGISTIC loc_weight: 0.3",
    "mining_type: NONE",
    "mining_type: NONE conf_loss_type: LOGISTIC",
    "match_type: BIPARTITE background_label_id: 1",
    "overlap_threshold: 0.1 neg_pos_ratio: 1",
    "mining_type: NONE share_location: false",
    "mining_type: NONE share_location: false use_prior_for_matching: false",
    "use_prior_for_matching: false",
    "mining_type: HARD_EXAMPLE sample_size: 4",
    "bp_inside: true",
]


@pytest.mark.parametrize("param", GEOMETRIES)
def test_gradients(make_layer, rng, param):
    """Far from where another choice of matches or negatives would make the loss jump."""
    low = rng.random((6, 2)) * 0.6
    priors = np.concatenate([low, low + 0.2 + rng.random((6, 2)) * 0.2], axis=1)
    prior = np.stack([priors, np.tile([0.5, 0.5, 0.7, 0.7], (6, 1))]).reshape(1, 2, 24)
    boxes = np.clip(priors[[0, 3, 5]] + [0.02, -0.01, 0.03, 0.01], 0, 1)
    objects = np.array([[0, 2, 0, *boxes[0], 0], [0, 0, 0, *boxes[1], 0], [1, 2, 0, *boxes[2], 0]])
    if "background_label_id: 1" not in param:
        objects[1, 1] = 1
    classes = 3 if "share_location: false" in param else 1
    layer, bottom, top = make_layer(
        multibox_loss(param), (2, 24 * classes), (2, 18), prior, objects[None, None]
    )
    bottom[0].data[...] *= 0.1
    layer.propagate_down = [True, True, False, False]
    check_gradients(layer, bottom, top)


def test_the_gradient_of_codes_with_their_variance_is_that_of_caffe(make_layer):
    """In the loss codes are divided by the variances, in the gradient they are not."""
    param = "encode_variance_in_target: true neg_pos_ratio: 0"
    layer, bottom, top = make_layer(multibox_loss(param), *SHAPES, PRIOR, OBJECTS)
    layer.forward(bottom, top)
    differences = bottom[0].data[0, :4] - (OBJECTS[0, 0, 0, 3:7] - PRIORS[0])
    differences /= VARIANCES[0]
    expected = sum(map(smooth_l1, differences)) + cross_entropy(bottom[1].data[0, :3], 2)
    assert top[0].data == pytest.approx(expected)
    top[0].diff[...] = 1
    layer.propagate_down = [True, False, False, False]
    layer.backward(top, bottom)
    np.testing.assert_allclose(bottom[0].diff[0, :4], differences.clip(-1, 1))


# RefineDet: a first stage.


def refined(param="", count=6):
    flags = "true, true" + ", false" * (count - 2)
    return (
        f'type: "MultiBoxLoss" propagate_down: [{flags}] '
        f"multibox_loss_param {{ num_classes: 3 {param} }}"
    )


def test_priors_that_are_hardly_anything_are_no_negatives(make_layer):
    likely = np.full((2, 6), 0.5)
    likely[0, [3, 5]] = 0.005, 0.02  # of prior 1 and 2 of item 0
    likely[0, 1] = 0.0  # that of the match, which stays one
    layer, bottom, top = make_layer(refined(count=5), *SHAPES, PRIOR, OBJECTS, likely)
    layer.forward(bottom, top)
    locations, scores = bottom[0].data.reshape(2, 3, 4), bottom[1].data.reshape(2, 3, 3)
    expected = location_loss(locations[0, 0], PRIORS[0], OBJECTS[0, 0, 0, 3:7])
    expected += cross_entropy(scores[0, 0], 2) + cross_entropy(scores[0, 2], 0)
    assert top[0].data == pytest.approx(expected)


def test_priors_are_moved_by_the_first_stage(make_layer):
    """Moved to where the object is, a prior is matched, and its right code is 0."""
    moves = np.zeros((2, 3, 4))
    box = OBJECTS[0, 0, 0, 3:7]
    moves[0, 2] = (box - PRIORS[2]) / VARIANCES[2]
    layer, bottom, top = make_layer(
        refined("neg_pos_ratio: 0 match_type: BIPARTITE"),
        *(*SHAPES, PRIOR, OBJECTS, np.full((2, 6), 0.5), moves.reshape(2, 12)),
    )
    layer.forward(bottom, top)
    codes, scores = bottom[0].data.reshape(2, 3, 4)[0, 2], bottom[1].data.reshape(2, 3, 3)[0, 2]
    assert top[0].data == pytest.approx(sum(map(smooth_l1, codes)) + cross_entropy(scores, 2))


def test_gradients_behind_a_first_stage(make_layer):
    layer, bottom, top = make_layer(
        refined("code_type: CENTER_SIZE"), *SHAPES, PRIOR, OBJECTS, np.full((2, 6), 0.5), (2, 12)
    )
    layer.propagate_down = [True, True] + [False] * 4
    check_gradients(layer, bottom, top)


def test_priors_and_objects_have_no_gradient(make_layer):
    layer, bottom, top = make_layer(multibox_loss(), *SHAPES, PRIOR, OBJECTS)
    assert [layer.allows_force_backward(i) for i in range(4)] == [True, True, False, False]
    layer.forward(bottom, top)
    layer.propagate_down = [True, True, True, False]
    with pytest.raises(ConfigError, match=r"cannot give bottom\[2\] a gradient.*propagate_down"):
        layer.backward(top, bottom)


def test_float32_stays_float32(make_layer):
    layer, bottom, top = make_layer(multibox_loss(), *SHAPES, PRIOR, OBJECTS, dtype="float32")
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.propagate_down = [True, True, False, False]
    layer.backward(top, bottom)
    assert layer._location_slopes.dtype == layer._score_slopes.dtype == np.float32
