import numpy as np
import pytest
from gpu_parity import check_parity

RNG = np.random.default_rng(5)
EXACT = {"rtol": 1e-5, "atol": 1e-7}
SHAPES = [(4, 5), (2, 3, 4, 5), (3, 1500), (1, 2, 30, 40), (5,)]


def with_unknown(*shape):
    """Normal random numbers, some of them nan."""
    numbers = RNG.standard_normal(shape)
    numbers[RNG.random(shape) < 0.2] = np.nan
    return numbers


@pytest.mark.parametrize("shape", SHAPES)
def test_euclidean_loss(gpu, shape):
    check_parity(gpu, 'type: "EuclideanLoss"', shape, shape, **EXACT)


def test_sizes_may_agree_where_shapes_do_not(gpu):
    check_parity(gpu, 'type: "EuclideanLoss"', (2, 3, 4, 5), (2, 60), **EXACT)


def test_only_some_gradients(gpu):
    for no_gradient in ([0], [1], [0, 1]):
        check_parity(gpu, 'type: "EuclideanLoss"', (3, 4), (3, 4), no_gradient=no_gradient)


def test_many_numbers_are_added_up_by_many_blocks(gpu):
    check_parity(gpu, 'type: "EuclideanLoss"', (2, 3, 30, 50), (2, 3, 30, 50), **EXACT)


@pytest.mark.parametrize(
    "loss_param",
    [
        "",
        "ignore_label: 0",
        "ignore_label: -1 normalization: VALID",
        "normalize: true ignore_label: 1",
        "normalization: FULL",
        "normalization: NONE ignore_label: 0",
        "normalization: PRE_FIXED pre_fixed_normalizer: 8",
    ],
)
@pytest.mark.parametrize("shape", SHAPES[:3])
def test_sigmoid_cross_entropy_loss(gpu, shape, loss_param):
    scores = 3 * RNG.standard_normal(shape)
    scores.ravel()[:3] = 100, -100, 0
    targets = RNG.choice([-1, 0, 1, 0.25], shape)
    prototxt = f'type: "SigmoidCrossEntropyLoss" loss_param {{ {loss_param} }}'
    check_parity(gpu, prototxt, scores, targets, rtol=1e-5, atol=1e-6)


def test_all_targets_are_ignored(gpu):
    loss_param = "loss_param { ignore_label: 1 normalization: VALID }"
    check_parity(gpu, f'type: "SigmoidCrossEntropyLoss" {loss_param}', (2, 3), np.ones((2, 3)))


@pytest.mark.parametrize("shape", [(4, 5), (2, 1, 30, 40), (2, 3, 4, 5)])
def test_sigmoid_cross_entropy_balance_loss(gpu, shape):
    targets = RNG.choice([0, 0, 0, 1, 2], shape)
    targets[0] = 0
    check_parity(gpu, 'type: "SigmoidCrossEntropyBalanceLoss"', shape, targets, **EXACT)


@pytest.mark.parametrize("shape", SHAPES[:4])
def test_dice_coef_loss(gpu, shape):
    check_parity(gpu, 'type: "DiceCoefLoss" dice_coef_loss_param { smooth: 2 }', shape, shape)


@pytest.mark.parametrize("legacy", ["false", "true"])
@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 1, 1), (3, 1500)])
def test_contrastive_loss(gpu, shape, legacy):
    a = RNG.standard_normal(shape) / 3
    b = RNG.standard_normal(shape) / 3
    a[0] = b[0]
    alike = np.arange(shape[0]) % 2
    param = f"contrastive_loss_param {{ margin: 1.5 legacy_version: {legacy} }}"
    check_parity(gpu, f'type: "ContrastiveLoss" {param}', a, b, alike)


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 2, 2), (3, 1500)])
def test_triplet_loss(gpu, shape):
    check_parity(
        gpu, 'type: "TripletLoss" triplet_loss_param { margin: 2 }', shape, shape, shape, **EXACT
    )


@pytest.mark.parametrize(
    "param",
    [
        "",
        "l1_loss_param {}",
        "l1_loss_param { normalize_by_num_entries: true }",
        "l1_loss_param { plateau: 0.5 }",
    ],
)
@pytest.mark.parametrize("shape", [(4, 5), (2, 3, 4, 5)])
@pytest.mark.parametrize("bottoms", [1, 2])
def test_l1_loss(gpu, shape, param, bottoms):
    given = [with_unknown(*shape) if param else RNG.standard_normal(shape)]
    if bottoms == 2:
        given.insert(0, RNG.standard_normal(shape))
    check_parity(gpu, f'type: "L1Loss" {param}', *given, **EXACT)


@pytest.mark.parametrize(
    "param",
    [
        "",
        "l2_prescale_by_channels: true normalize_by_num_entries: true",
        "plateau: 1.5 epsilon: 0",
    ],
)
@pytest.mark.parametrize("shape", [(4, 5), (2, 3, 4, 5), (1, 2, 30, 40)])
@pytest.mark.parametrize("bottoms", [1, 2])
def test_l1_loss_of_lengths(gpu, shape, param, bottoms):
    given = [with_unknown(*shape)]
    if bottoms == 2:
        given.insert(0, RNG.standard_normal(shape))
    prototxt = f'type: "L1Loss" l1_loss_param {{ l2_per_location: true {param} }}'
    check_parity(gpu, prototxt, *given, **EXACT)


@pytest.mark.parametrize("bottoms", [2, 3, 4])
@pytest.mark.parametrize("shape", [(4, 8), (2, 3, 4, 5)])
def test_smooth_l1_loss(gpu, shape, bottoms):
    prototxt = 'type: "SmoothL1Loss" smooth_l1_loss_param { sigma: 1.5 }'
    check_parity(gpu, prototxt, *[shape] * bottoms, **EXACT)


@pytest.mark.parametrize(("bottoms", "tops"), [(2, 1), (2, 2), (3, 2)])
@pytest.mark.parametrize("shape", [(4, 8), (2, 3, 4, 5)])
def test_smooth_l1_loss_ohem(gpu, shape, bottoms, tops):
    check_parity(gpu, 'type: "SmoothL1LossOHEM"', *[shape] * bottoms, tops=tops, **EXACT)


def test_what_diverged_is_nan(gpu):
    nan = np.array([[np.nan, 1], [2, np.inf]])
    for layer in ("EuclideanLoss", "SmoothL1Loss", "L1Loss", "DiceCoefLoss"):
        check_parity(gpu, f'type: "{layer}"', nan, np.zeros((2, 2)))
    check_parity(gpu, 'type: "SigmoidCrossEntropyLoss"', nan, np.zeros((2, 2)))
    for legacy in ("true", "false"):
        param = f"contrastive_loss_param {{ legacy_version: {legacy} }}"
        unlike = np.zeros(2)
        check_parity(gpu, f'type: "ContrastiveLoss" {param}', nan, np.zeros((2, 2)), unlike)


@pytest.mark.parametrize("layer", ["EuclideanLoss", "SigmoidCrossEntropyBalanceLoss", "L1Loss"])
def test_nothing(gpu, layer):
    check_parity(gpu, f'type: "{layer}"', (0, 3), (0, 3), backward=False)
