import numpy as np
import pytest

from cortado.layers.families import pixel_boxes
from cortado.proto import ConfigError

TRUTH = np.array([[20, 20, 90, 100, 3], [100, 30, 230, 120, 1]], float)
BOXES = np.random.default_rng(5).integers(0, 120, (60, 2, 2))
NEAR = TRUTH[np.arange(40) % 2, :4] + np.random.default_rng(6).integers(-30, 30, (40, 4))
PROPOSED = np.zeros((100, 5))
PROPOSED[:60, 1:3], PROPOSED[:60, 3:] = BOXES.min(axis=1), BOXES.max(axis=1)
PROPOSED[60:, 1:] = NEAR


def twin(more=""):
    return (
        'type: "Python" python_param { module: "rpn.proposal_target_layer" '
        f'layer: "ProposalTargetLayer" param_str: "\'num_classes\': 4\\n{more}" }}'
    )


def run(make_layer, more="", truth=TRUTH):
    layer, bottom, top = make_layer(twin(more), PROPOSED, truth, tops=5)
    layer.forward(bottom, top)
    return [blob.data.copy() for blob in top]


def by_overlap(regions, truth=TRUTH):
    overlaps = pixel_boxes.overlaps(regions[:, 1:], truth[:, :4])
    return overlaps.max(axis=1), truth[overlaps.argmax(axis=1)]


def test_all_regions_with_class_and_shifts(make_layer):
    regions, classes, shifts, inside, outside = run(make_layer, "batch_size: -1")
    everything = np.vstack([PROPOSED, np.insert(TRUTH[:, :4], 0, 0, axis=1)])
    assert sorted(regions.tolist()) == sorted(everything.tolist())
    most, boxes = by_overlap(regions)
    assert classes.tolist() == np.where(most >= 0.5, boxes[:, 4], 0).tolist()
    assert sorted(classes > 0, reverse=True) == (classes > 0).tolist()  # objects first
    assert shifts.shape == (102, 16)
    for r, label in enumerate(classes.astype(int)):
        expected, weights = np.zeros((2, 4, 4))
        if label:
            delta = pixel_boxes.encode(regions[r : r + 1, 1:], boxes[r : r + 1, :4])[0]
            expected[label], weights[label] = delta / [0.1, 0.1, 0.2, 0.2], 1
        np.testing.assert_allclose(shifts[r], expected.ravel(), atol=1e-9)
        assert inside[r].tolist() == outside[r].tolist() == weights.ravel().tolist()


def test_a_batch_is_drawn_a_quarter_of_it_objects(make_layer):
    regions, classes, *_ = run(make_layer, "batch_size: 40")
    assert (classes[:10] > 0).all()
    assert not classes[10:].any()
    assert len(regions) == 40
    most, _ = by_overlap(regions)
    assert (most[:10] >= 0.5).all()
    assert (most[10:] < 0.5).all()
    assert len({tuple(region) for region in regions}) == 40
    assert regions.tolist() == run(make_layer, "batch_size: 40")[0].tolist()  # one seed


def test_limits_of_overlap(make_layer):
    more = "batch_size: -1\\nfg_thresh: 0.6\\nbg_thresh_hi: 0.4\\nbg_thresh_lo: 0.1"
    regions, classes, *_ = run(make_layer, more)
    most, _ = by_overlap(regions)
    assert (most[classes > 0] >= 0.6).all()
    assert ((most[classes == 0] >= 0.1) & (most[classes == 0] < 0.4)).all()


def test_normalization_and_weights(make_layer):
    more = "batch_size: -1\\n"
    _, classes, plain, _, _ = run(make_layer, more + "bbox_normalize_stds: (1, 1, 1, 1)")
    _, _, moved, inside, outside = run(
        make_layer,
        more + "bbox_normalize_stds: (2, 2, 4, 4)\\nbbox_normalize_means: (1, 0, 0, 0)\\n"
        "bbox_inside_weights: (3, 3, 0, 3)",
    )
    slots = classes.astype(int)
    rows = np.arange(len(slots))[slots > 0]
    plain, moved, inside, outside = (
        a.reshape(-1, 4, 4)[rows, slots[slots > 0]] for a in (plain, moved, inside, outside)
    )
    np.testing.assert_allclose(moved, (plain - [1, 0, 0, 0]) / [2, 2, 4, 4], atol=1e-12)
    assert (inside == [3, 3, 0, 3]).all()
    assert (outside == [1, 1, 0, 1]).all()


@pytest.mark.parametrize(("more", "numbers"), [("num_classes: 2", 8), ("agnostic: true", 16)])
def test_agnostic_shifts_are_those_of_class_1(make_layer, more, numbers):
    _, classes, by_class, _, _ = run(make_layer, "batch_size: -1")
    _, same, shared, weights, _ = run(make_layer, f"batch_size: -1\\n{more}")
    assert same.tolist() == classes.tolist()
    assert shared.shape == (102, numbers)
    expected = np.zeros((102, numbers // 4, 4))
    expected[:, 1] = by_class.reshape(-1, 4, 4).sum(axis=1)
    np.testing.assert_allclose(shared, expected.reshape(102, -1))
    assert (weights[:, 4:8] == (classes > 0)[:, None]).all()


def test_an_image_without_objects_has_only_background(make_layer):
    regions, classes, shifts, inside, _ = run(make_layer, "batch_size: 16", np.zeros((0, 5)))
    assert len(regions) == 16
    assert not any(values.any() for values in (classes, shifts, inside))


def test_its_gradient_is_0(make_layer):
    layer, bottom, top = make_layer(twin(), PROPOSED, TRUTH, tops=5)
    layer.forward(bottom, top)
    bottom[0].diff[...] = 7
    layer.propagate_down = [True, False]
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()


@pytest.mark.parametrize(
    ("proposed", "truth", "message"),
    [
        (PROPOSED[:, :4], TRUTH, r"bottom\[0\] must be regions \(P, 5\), got shape \(100, 4\)"),
        (PROPOSED, TRUTH[:, :4], r"bottom\[1\] must be true boxes \(G, 5\), got shape \(2, 4\)"),
        (PROPOSED + [1, 0, 0, 0, 0], TRUTH, "regions of more than one image"),
        (PROPOSED, TRUTH + [0, 0, 0, 0, 1], "classes from 2 to 4; num_classes 4 allows 1 to 3"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, proposed, truth, message):
    layer, bottom, top = make_layer(twin("batch_size: -1"), proposed, truth, tops=5)
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Python\): .*ProposalTarget.*{message}"):
        layer.forward(bottom, top)


def test_the_number_of_blobs_is_checked(make_layer):
    with pytest.raises(ConfigError, match="needs 2 bottoms .* got 2 and 4"):
        make_layer(twin(), PROPOSED, TRUTH, tops=4)


def test_num_classes_is_required(make_layer):
    with pytest.raises(ConfigError, match="param_str: num_classes is required"):
        make_layer(twin().replace("'num_classes': 4", ""), PROPOSED, TRUTH, tops=5)
