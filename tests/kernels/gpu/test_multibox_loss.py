import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

ITEMS, PRIORS, CLASSES = 3, 23, 4
OWN_MATCHES = "share_location: false use_prior_for_matching: false mining_type: NONE"


def multibox_loss(param="", more="", count=4, classes=CLASSES):
    flags = "true, true" + ", false" * (count - 2)
    return (
        f'type: "MultiBoxLoss" propagate_down: [{flags}] '
        f"multibox_loss_param {{ num_classes: {classes} {param} }} {more}"
    )


def boxes(rng, count):
    low = rng.random((count, 2)) * 0.7
    return np.concatenate([low, low + 0.1 + rng.random((count, 2)) * 0.3], axis=1)


def batch(
    seed=1, *, priors=PRIORS, objects=9, classes=CLASSES, location_classes=1, items=ITEMS, count=4
):
    """Bottoms: of the items, the middle one has no objects; every third row is none."""
    rng = np.random.default_rng(seed)
    its_priors = boxes(rng, priors)
    variances = np.tile([0.1, 0.1, 0.2, 0.2], (priors, 1)) * (1 + rng.random((priors, 1)))
    rows = np.zeros((objects, 8))
    rows[:, 0] = rng.choice([i for i in range(items) if i != 1], objects)
    rows[:, 1] = rng.integers(1, classes, objects)
    # Near priors, and some between two of them.
    near = its_priors[rng.integers(0, priors, objects)]
    rows[:, 3:7] = near + rng.standard_normal((objects, 4)) * 0.03
    rows[:, 7] = rng.random(objects) < 0.3
    rows[2::3] = -1
    bottoms = [
        rng.standard_normal((items, priors * location_classes * 4)) * 0.5,
        rng.standard_normal((items, priors * classes)) * 2,
        np.stack([its_priors, variances]).reshape(1, 2, -1),
        rows[None, None],
        rng.random((items, priors * 2)),
        rng.standard_normal((items, priors * 4)) * 0.2,
    ]
    return bottoms[:count]


PARAMS = [
    "",
    "overlap_threshold: 0.2",
    "match_type: BIPARTITE",
    "mining_type: NONE",
    "mining_type: HARD_EXAMPLE sample_size: 5",
    "mining_type: HARD_EXAMPLE sample_size: 5 ignore_cross_boundary_bbox: true",
    "mining_type: HARD_EXAMPLE sample_size: 500 conf_loss_type: LOGISTIC",
    "conf_loss_type: LOGISTIC neg_pos_ratio: 1.4",
    "conf_loss_type: LOGISTIC mining_type: NONE",
    "conf_loss_type: LOGISTIC background_label_id: 9",
    "code_type: CENTER_SIZE",
    "code_type: CORNER_SIZE loc_loss_type: L2",
    "code_type: CENTER_SIZE encode_variance_in_target: true",
    "encode_variance_in_target: true loc_weight: 0.3",
    "use_prior_for_matching: false",
    "use_prior_for_matching: false code_type: CENTER_SIZE bp_inside: true",
    "use_prior_for_matching: false ignore_cross_boundary_bbox: true overlap_threshold: 0.1",
    "bp_inside: true",
    "ignore_cross_boundary_bbox: true neg_overlap: 0.3",
    "ignore_cross_boundary_bbox: true mining_type: NONE",
    "map_object_to_agnostic: true",
    "use_difficult_gt: false",
    "neg_pos_ratio: 0",
    "neg_pos_ratio: 1e9",
    "neg_overlap: 0.01",
    "nms_param { nms_threshold: 0.2 }",
    "nms_param { nms_threshold: 0 }",
    "nms_param { nms_threshold: 0.1 } use_prior_for_nms: true neg_pos_ratio: 1.4",
    "nms_param { top_k: 6 } code_type: CENTER_SIZE",
    "nms_param { top_k: 0 }",
    "mining_type: HARD_EXAMPLE sample_size: 5 nms_param { nms_threshold: 0.1 top_k: -1 }",
    "mining_type: HARD_EXAMPLE nms_param { top_k: 11 } use_prior_for_nms: true",
    "mining_type: NONE nms_param { nms_threshold: 0.1 }",
]


@pytest.mark.parametrize("param", PARAMS)
def test_losses_are_those_of_the_host(gpu, param):
    check_parity(gpu, multibox_loss(param), *batch())


@pytest.mark.parametrize("param", PARAMS)
def test_a_first_stage_moves_priors_and_has_its_say(gpu, param):
    param = f"{param} objectness_score: 0.2"
    check_parity(gpu, multibox_loss(param, count=6), *batch(count=6))


def test_a_first_stage_may_say_only_what_is_likely(gpu):
    check_parity(gpu, multibox_loss("objectness_score: 0.5", count=5), *batch(count=5))


@pytest.mark.parametrize("matched", ["", "use_prior_for_matching: false"])
@pytest.mark.parametrize(
    "param",
    [
        "",
        "map_object_to_agnostic: true",
        "conf_loss_type: LOGISTIC",
        "match_type: BIPARTITE code_type: CENTER_SIZE",
        "overlap_threshold: 0.1 bp_inside: true loc_loss_type: L2",
        "overlap_threshold: 0.1 ignore_cross_boundary_bbox: true encode_variance_in_target: true",
    ],
)
def test_locations_of_each_class(gpu, param, matched):
    param = f"{param} {matched} share_location: false mining_type: NONE"
    bottoms = batch(location_classes=CLASSES, objects=30)
    check_parity(gpu, multibox_loss(param), *bottoms)
    check_parity(gpu, multibox_loss(param, count=6), *bottoms, *batch(count=6)[4:])


@pytest.mark.parametrize(
    "more", ["FULL", "VALID", "BATCH_SIZE", "NONE", "PRE_FIXED pre_fixed_normalizer: 7"]
)
def test_the_normalizer(gpu, more):
    check_parity(gpu, multibox_loss(more=f"loss_param {{ normalization: {more} }}"), *batch())


@pytest.mark.parametrize("flags", ["true, false", "false, true"])
def test_a_term_without_gradient(gpu, flags):
    text = multibox_loss().replace("true, true", flags)
    check_parity(gpu, text, *batch(), no_gradient=[flags.split(", ").index("false")])


@pytest.mark.parametrize("param", ["", "mining_type: NONE", "mining_type: HARD_EXAMPLE"])
@pytest.mark.parametrize("objects", [0, 4])
def test_no_objects_at_all(gpu, param, objects):
    bottoms = batch()
    bottoms[3] = np.full((1, 1, objects, 8), -1)
    check_parity(gpu, multibox_loss(param), *bottoms)


def test_two_classes_have_one_label(gpu):
    bottoms = batch(classes=2)
    bottoms[3][0, 0, :, 1] += bottoms[3][0, 0, :, 1] > 0
    check_parity(gpu, multibox_loss(classes=2), *bottoms)


@pytest.mark.parametrize("match_type", ["BIPARTITE", "PER_PREDICTION"])
@pytest.mark.parametrize("seed", range(3))
def test_more_objects_than_priors(gpu, match_type, seed):
    """Most objects are turned down, some of them again and again."""
    bottoms = batch(seed, priors=6, objects=60)
    rng = np.random.default_rng(seed)
    bottoms[3][0, 0, :, 3:7] = [0.2, 0.2, 0.7, 0.7] + rng.random((60, 4)) * 0.2
    check_parity(gpu, multibox_loss(f"match_type: {match_type}"), *bottoms)
    bottoms[0] = batch(seed, priors=6, location_classes=CLASSES)[0] * 0.3
    check_parity(gpu, multibox_loss(f"match_type: {match_type} {OWN_MATCHES}"), *bottoms)


@pytest.mark.parametrize("param", ["", "match_type: BIPARTITE", "mining_type: HARD_EXAMPLE"])
def test_ties_go_to_whoever_comes_first(gpu, param):
    """Priors and objects are on a grid, and there are several of each; scores are whole numbers."""
    rng = np.random.default_rng(3)
    bottoms = batch(priors=40, objects=24)
    low = rng.integers(0, 3, (64, 2)) / 4
    grid = np.concatenate([low, low + 0.25 * rng.integers(1, 3, (64, 2))], axis=1)
    bottoms[1] = rng.integers(0, 2, bottoms[1].shape)
    bottoms[2][0, 0] = grid[:40].ravel()
    bottoms[3][0, 0, :, 3:7] = grid[40:]
    check_parity(gpu, multibox_loss(f"{param} sample_size: 9 neg_pos_ratio: 1"), *bottoms)


def test_many_equal_losses_are_picked_in_order(gpu):
    bottoms = batch(priors=600, items=2)
    bottoms[1][...] = 0
    param = "mining_type: HARD_EXAMPLE sample_size: 300 loc_loss_type: L2"
    check_parity(gpu, multibox_loss(param), *bottoms)
    check_parity(gpu, multibox_loss("neg_pos_ratio: 40 overlap_threshold: 0.9"), *bottoms)


@pytest.mark.parametrize("param", ["", "mining_type: HARD_EXAMPLE sample_size: 20"])
def test_examples_that_overlap_harder_ones_by_just_so_much(gpu, param):
    """Priors are on a grid and overlap by a third or a half; some are empty or turned around."""
    rng = np.random.default_rng(3)
    bottoms = batch(priors=200, items=2)
    low = rng.integers(0, 4, (200, 2)) / 4
    grid = np.concatenate([low, low + rng.integers(-1, 3, (200, 2)) / 4], axis=1)
    bottoms[1] = rng.integers(0, 3, bottoms[1].shape)
    bottoms[2][0, 0] = grid.ravel()
    for threshold in (0.3, 0.5):
        nms = f"use_prior_for_nms: true nms_param {{ nms_threshold: {threshold} }}"
        check_parity(gpu, multibox_loss(f"{param} neg_pos_ratio: 9 {nms}"), *bottoms)


def test_boxes_of_examples_that_are_no_boxes(gpu):
    bottoms = batch(count=6)
    its_boxes = bottoms[0].reshape(ITEMS, PRIORS, 4)
    its_boxes[:, ::5, 0], its_boxes[:, 1::5, 0], its_boxes[:, 2::5, 2] = 30, -np.inf, np.inf
    its_boxes[:, 3::5] = np.nan
    param = "mining_type: HARD_EXAMPLE sample_size: 9 nms_param { nms_threshold: 0.9 }"
    check_parity(gpu, multibox_loss(f"{param} objectness_score: 0", count=6), *bottoms)


def test_boxes_that_hardly_touch_do_not_overlap(gpu):
    bottoms = batch(items=3, objects=1)
    bottoms[2][0, 0] = np.tile([2, 2, 3, 3], PRIORS)
    bottoms[2][0, 0, :4] = [0, 0, 1, 1]
    bottoms[3][0, 0] = [0, 2, 0, 0.5, 0.5, 0.501, 0.5009, 0]  # 9e-7 of the prior
    check_parity(gpu, multibox_loss("mining_type: NONE"), *bottoms)


def test_predicted_corners_outside_cost_nothing(gpu):
    """The priors lie inside, but not all that is predicted from them."""
    bottoms = batch(objects=30)
    bottoms[0] *= 5
    param = "use_prior_for_matching: false bp_inside: true overlap_threshold: 0.1"
    check_parity(gpu, multibox_loss(param), *bottoms)


def test_a_pass_leaves_nothing_behind_for_the_next(gpu):
    bottoms, others = batch(1, objects=30), batch(2, objects=30)
    tried, fresh = run(gpu, multibox_loss(), bottoms), run(gpu, multibox_loss(), others)
    for blob, array in zip(tried.bottom, others, strict=True):
        blob.data[...] = array
    forward(gpu, tried)
    assert tried.top[0].data == fresh.top[0].data


def test_nan_is_never_among_the_hardest(gpu):
    bottoms = batch()
    bottoms[1].reshape(ITEMS, PRIORS, CLASSES)[:, ::3, 1] = np.nan
    param = "mining_type: HARD_EXAMPLE sample_size: 5 match_type: BIPARTITE"
    check_parity(gpu, multibox_loss(param), *bottoms)


def test_boxes_that_are_turned_around_or_empty(gpu):
    bottoms = batch(objects=30)
    rows = bottoms[3][0, 0]
    rows[::4, 3:7] = rows[::4, [5, 6, 3, 4]]
    rows[1::4, 5] = rows[1::4, 3]
    bottoms[2].reshape(2, PRIORS, 4)[0, ::5, 2] = 0
    check_parity(gpu, multibox_loss(), *bottoms)


def test_many_priors_and_classes(gpu):
    bottoms = batch(priors=1300, objects=40, classes=21, items=2)
    for param in ("", "nms_param { nms_threshold: 0.6 }", OWN_MATCHES):
        if param == OWN_MATCHES:
            bottoms[0] = batch(priors=1300, items=2, location_classes=21)[0]
        param = f"{param} overlap_threshold: 0.3"
        check_parity(gpu, multibox_loss(param, classes=21), *bottoms)


def test_many_rows_of_objects(gpu):
    check_parity(gpu, multibox_loss(), *batch(objects=300))


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (1, CLASSES, r"a box of item 0 has label 4, outside \[0, 4\); is num_classes"),
        (1, -2, "a box of item 0 has label -2, outside"),
        (1, 0, "a box of item 0 has label 0, the background's"),
        (3, np.nan, r"a box of item 0 is \[nan, .*\]; it must be finite"),
        (6, np.inf, r"a box of item 0 is .* it must be finite"),
        (0, ITEMS, r"bottom\[3\] has a box of item 3; the batch has items 0 to 2"),
        (0, -2, r"bottom\[3\] has a box of item -2; the batch has items 0 to 2"),
        (0, 1e30, r"bottom\[3\] has a box of item"),
        (0, np.nan, "a box of item nan is .* it must be finite"),
    ],
)
def test_objects_that_cannot_be_are_named(gpu, place, value, message):
    bottoms = batch()
    bottoms[3][0, 0, :2] = [0, 2, 0, 0.1, 0.1, 0.5, 0.9, 0]
    bottoms[3][0, 0, 1, place] = value
    tried = run(gpu, multibox_loss(), bottoms)
    with pytest.raises(ValueError, match=rf"layer 'it' \(MultiBoxLoss\): {message}"):
        tried.kernel._context.faults.check()


def test_the_fault_of_a_batch_that_is_gone(gpu):
    bottoms = batch()
    bottoms[3][0, 0, 0, 1] = 17
    tried = run(gpu, multibox_loss(), bottoms)
    tried.bottom[3].data[...] = batch()[3]
    with pytest.raises(ValueError, match="in a batch since the loss was last read"):
        tried.kernel._context.faults.check()


def run(gpu, prototxt, bottoms):
    tried = gpu_layer(gpu, prototxt, *bottoms)
    forward(gpu, tried)
    return tried


def forward(gpu, tried):
    gpu.residence.begin()
    for call in tried.kernel.bind_forward(tried.bottom, tried.top):
        call()
    gpu.residence.end()
