import numpy as np
import pytest

from cortado.layers.families import pixel_boxes
from cortado.layers.families.anchors import anchors_everywhere, base_anchors
from cortado.proto import ConfigError

IMAGE = [[160, 240, 1]]
TRUTH = [[20, 20, 90, 100, 3], [100, 30, 230, 120, 1], [5, 100, 60, 155, 2]]
H, W = 10, 15


def twin(more="", truth=TRUTH):
    return (
        'type: "Python" python_param { module: "rpn.anchor_target_layer" '
        f'layer: "AnchorTargetLayer" param_str: "\'feat_stride\': 16\\n{more}" }}',
        (1, 18, H, W),
        truth,
        IMAGE,
        (1, 3, 160, 240),
    )


def run(make_layer, more="", truth=TRUTH, seed=1):
    """Labels (places), shifts, inside and outside weights (places, 4), as the anchors stand."""
    prototxt, *bottoms = twin(more, truth)
    layer, bottom, top = make_layer(prototxt, *bottoms, tops=4, seed=seed)
    layer.forward(bottom, top)
    assert [blob.shape for blob in top] == [(1, 1, 9 * H, W), *[(1, 36, H, W)] * 3]
    labels = top[0].data.reshape(9, H, W).transpose(1, 2, 0).ravel()
    return labels, *(
        blob.data[0].reshape(9, 4, H, W).transpose(2, 3, 0, 1).reshape(-1, 4) for blob in top[1:]
    )


ANCHORS = anchors_everywhere(base_anchors(16, (0.5, 1, 2), (8, 16, 32)), H, W, 16)


def is_inside(anchor, border=0):
    x1, y1, x2, y2 = anchor
    return x1 >= -border and y1 >= -border and x2 < 240 + border and y2 < 160 + border


def expected_labels(positive=0.7, negative=0.3, clobber=False, border=0):
    truth = np.array(TRUTH, float)[:, :4]
    overlaps = pixel_boxes.overlaps(ANCHORS, truth)
    inside = [i for i, anchor in enumerate(ANCHORS) if is_inside(anchor, border)]
    best = overlaps[inside].max(axis=0)
    labels = np.full(len(ANCHORS), -1)
    for i in inside:
        is_object = overlaps[i].max() >= positive or (overlaps[i] == best).any()
        is_none = overlaps[i].max() < negative
        if is_object and not (clobber and is_none):
            labels[i] = 1
        elif is_none:
            labels[i] = 0
    return labels


@pytest.mark.parametrize(
    ("more", "settings"),
    [
        ("", {}),
        ("rpn_positive_overlap: 0.5", {"positive": 0.5}),
        ("rpn_negative_overlap: 0.2", {"negative": 0.2}),
        ("allowed_border: 40", {"border": 40}),
        (
            "rpn_negative_overlap: 0.65\\nrpn_clobber_positives: true",
            {"negative": 0.65, "clobber": True},
        ),
    ],
)
def test_labels_follow_the_overlaps(make_layer, more, settings):
    labels, *_ = run(make_layer, f"rpn_batchsize: 9999\\n{more}")
    expected = expected_labels(**settings)
    assert (expected == 1).sum() > 0
    assert labels.tolist() == expected.tolist()


def test_shifts_lead_to_the_box_that_an_anchor_overlaps_most(make_layer):
    _, shifts, _, _ = run(make_layer)
    truth = np.array(TRUTH, float)[:, :4]
    for i, anchor in enumerate(ANCHORS):
        if is_inside(anchor):
            box = truth[pixel_boxes.overlaps(anchor[None], truth).argmax()]
            np.testing.assert_allclose(shifts[i], pixel_boxes.encode(anchor[None], box[None])[0])
        else:
            assert not shifts[i].any()


def test_weights(make_layer):
    labels, _, inside, outside = run(make_layer, "rpn_bbox_inside_weights: (1, 2, 3, 4)")
    assert inside.tolist() == np.where(labels[:, None] == 1, [1, 2, 3, 4], 0).tolist()
    share = 1 / (labels >= 0).sum()
    np.testing.assert_allclose(outside, np.where(labels[:, None] >= 0, [share] * 4, 0))


def test_objects_can_get_a_share_of_their_own(make_layer):
    labels, _, _, outside = run(make_layer, "rpn_positive_weight: 0.25")
    np.testing.assert_allclose(outside[labels == 1], 0.25 / (labels == 1).sum())
    np.testing.assert_allclose(outside[labels == 0], 0.75 / (labels == 0).sum())


def test_a_batch_is_drawn_at_random(make_layer):
    more = "rpn_positive_overlap: 0.4\\nrpn_negative_overlap: 0.4\\nrpn_batchsize: 12"
    everything = expected_labels(positive=0.4, negative=0.4)
    drawn = [run(make_layer, more)[0] for _ in range(2)]
    assert (everything == 1).sum() > 6
    assert drawn[0].tolist() == drawn[1].tolist()  # one seed
    assert (drawn[0] == 1).sum() == (drawn[0] == 0).sum() == 6
    assert (everything[drawn[0] >= 0] == drawn[0][drawn[0] >= 0]).all()
    few_objects = run(make_layer, more + "\\nrpn_fg_fraction: 0.25")[0]
    assert [(few_objects == kind).sum() for kind in (1, 0)] == [3, 9]


def test_an_image_without_objects_has_only_background(make_layer):
    labels, _, inside, outside = run(make_layer, truth=np.zeros((0, 5)))
    assert (labels == 0).sum() == min(256, sum(map(is_inside, ANCHORS)))
    assert not (labels == 1).any()
    assert not inside.any()
    assert outside.sum() == pytest.approx(4)


def test_each_batch_draws_anew_and_a_resumed_run_draws_the_same(make_layer):
    prototxt, *bottoms = twin("rpn_negative_overlap: 0.5\\nrpn_batchsize: 12")
    layer, bottom, top = make_layer(prototxt, *bottoms, tops=4)
    layer.forward(bottom, top)
    state = layer.state()
    drawn = []
    for _ in range(2):
        layer.forward(bottom, top)
        drawn.append(top[0].data.tolist())
    assert drawn[0] != drawn[1]
    other, bottom, top = make_layer(prototxt, *bottoms, tops=4)
    other.restore(state)
    other.forward(bottom, top)
    assert top[0].data.tolist() == drawn[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({0: (1, 17, H, W)}, r"bottom\[0\] must be scores \(1, 18, H, W\), got shape \(1, 17"),
        ({1: (3, 4)}, r"bottom\[1\] must be true boxes \(G, 5\), got shape \(3, 4\)"),
        ({2: (2, 3)}, r"bottom\[2\] must be image \(1, 3\), got shape \(2, 3\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, changes, message):
    prototxt, *bottoms = twin()
    for i, shape in changes.items():
        bottoms[i] = shape
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Python\): .*AnchorTarget.*{message}"):
        make_layer(prototxt, *bottoms, tops=4)


def test_the_number_of_blobs_is_checked(make_layer):
    prototxt, *bottoms = twin()
    with pytest.raises(ConfigError, match="needs 3 or 4 bottoms .* got 4 and 3"):
        make_layer(prototxt, *bottoms, tops=3)
