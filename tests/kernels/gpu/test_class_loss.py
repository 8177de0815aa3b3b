import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

from cortado.kernels.gpu import Context
from cortado.proto import ConfigError

RNG = np.random.default_rng(7)
NORMALIZATIONS = [
    "normalization: FULL",
    "normalization: VALID",
    "normalization: BATCH_SIZE",
    "normalization: NONE",
    "normalization: PRE_FIXED pre_fixed_normalizer: 8",
    "normalize: false",
]
EXACT = {"rtol": 1e-5, "atol": 1e-7}


def labels(classes, *shape, ignored=None):
    """Labels at random, some of them to be ignored."""
    drawn = RNG.integers(0, classes, shape).astype(float)
    if ignored is not None:
        drawn[RNG.random(shape) < 0.3] = ignored
    return drawn


def softmax_with_loss(loss_param="", axis=1):
    return f'type: "SoftmaxWithLoss" softmax_param {{ axis: {axis} }} loss_param {{ {loss_param} }}'


@pytest.mark.parametrize("ignored", [None, 255, -1, 2])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_softmax_with_loss(gpu, normalization, ignored):
    loss_param = normalization if ignored is None else f"{normalization} ignore_label: {ignored}"
    truth = labels(3, 2, 4, 5, ignored=ignored)
    check_parity(gpu, softmax_with_loss(loss_param), (2, 3, 4, 5), truth, **EXACT)


@pytest.mark.parametrize(
    ("scores", "shape", "axis"),
    [
        ((5, 4), (5,), 1),
        ((5, 4), (5, 1, 1, 1), -1),
        ((2, 3, 4, 5), (2, 1, 4, 5), 1),
        ((2, 3, 4, 5), (2, 20), 1),
        ((2, 3, 4, 5), (2, 3, 5), 2),
        ((2, 3, 4, 5), (2, 3, 4), -1),
        ((2, 3, 7), (2, 3), 2),
        ((2, 3, 2, 3, 2), (2, 2, 3, 2), 1),
        ((0, 3, 4), (0, 4), 1),
    ],
)
def test_labels_of_any_shape(gpu, scores, shape, axis):
    check_parity(gpu, softmax_with_loss(axis=axis), scores, labels(scores[axis], *shape), **EXACT)


@pytest.mark.parametrize("loss_param", ["", "ignore_label: 1"])
def test_probabilities_are_a_top(gpu, loss_param):
    truth = labels(3, 2, 4, 5)
    check_parity(gpu, softmax_with_loss(loss_param), (2, 3, 4, 5), truth, tops=2, **EXACT)


def test_classes_have_weights(gpu):
    prototxt = softmax_with_loss(
        "weight_by_label_freqs: true class_weighting: 0.5 class_weighting: 2 class_weighting: 0 "
        "ignore_label: 255"
    )
    check_parity(gpu, prototxt, (2, 3, 4), labels(3, 2, 4, ignored=255), **EXACT)


def test_all_labels_are_ignored(gpu):
    check_parity(gpu, softmax_with_loss("ignore_label: 1"), (4, 3), np.ones(4))


def test_sums_go_over_many_blocks(gpu):
    truth = labels(3, 2, 30, 50, ignored=9)
    check_parity(gpu, softmax_with_loss("ignore_label: 9"), (2, 3, 30, 50), truth, **EXACT)


def test_many_classes(gpu):
    check_parity(gpu, softmax_with_loss(), (3, 2100), labels(2100, 3), **EXACT)


def test_unlikely_labels_cost_no_more_than_the_least_number(gpu):
    scores = np.array([[200, 0], [0, 200], [np.nan, 1], [np.inf, 1]])
    check_parity(gpu, softmax_with_loss(), scores[:2], np.array([1, 1]))
    check_parity(gpu, softmax_with_loss(), scores, np.array([1, 1, 0, 0]))


@pytest.mark.parametrize("tops", [1, 2, 3])
@pytest.mark.parametrize("shape", [(2, 1, 4, 5), (2, 4, 5)])
def test_ohem_tells_the_loss_of_each_label(gpu, shape, tops):
    prototxt = 'type: "SoftmaxWithLossOHEM" loss_param { ignore_label: 255 }'
    truth = labels(3, *shape, ignored=255)
    check_parity(gpu, prototxt, (2, 3, 4, 5), truth, tops=tops, **EXACT)


@pytest.mark.parametrize(
    "param",
    ["", "alpha: 0.25 gamma: 3", "type: ONEADDP gamma: 1.5", "gamma: 0", "alpha: 2 gamma: 0.5"],
)
def test_focal_loss(gpu, param):
    prototxt = (
        f'type: "FocalLoss" focal_loss_param {{ {param} }} loss_param {{ ignore_label: 255 }}'
    )
    check_parity(gpu, prototxt, (2, 3, 4, 5), labels(3, 2, 4, 5, ignored=255), tops=2)


def test_focal_loss_of_a_sure_label(gpu):
    check_parity(gpu, 'type: "FocalLoss"', np.array([[200, 0], [0, 200]]), np.array([0, 0]))


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (6, 40)])
def test_infogain_loss(gpu, shape):
    classes, places = shape[1], (shape[0], *shape[2:])
    prototxt = 'type: "InfogainLoss" loss_param { ignore_label: 255 }'
    h = RNG.random((1, classes, classes))
    check_parity(gpu, prototxt, shape, labels(classes, *places, ignored=255), h)


@pytest.mark.parametrize("shape", [(5, 4), (3, 4, 1, 1), (3, 2, 3, 2)])
def test_multinomial_logistic_loss(gpu, shape):
    probabilities = RNG.random(shape)
    probabilities[0] = 0
    truth = labels(np.prod(shape[1:]), shape[0])
    check_parity(gpu, 'type: "MultinomialLogisticLoss"', probabilities, truth)


@pytest.mark.parametrize("norm", ["L1", "L2"])
@pytest.mark.parametrize("shape", [(5, 4), (3, 2, 3, 2), (4, 70)])
def test_hinge_loss(gpu, shape, norm):
    prototxt = f'type: "HingeLoss" hinge_loss_param {{ norm: {norm} }}'
    check_parity(gpu, prototxt, shape, labels(np.prod(shape[1:]), shape[0]), **EXACT)


@pytest.mark.parametrize("layer", ["SoftmaxWithLoss", "HingeLoss"])
@pytest.mark.parametrize("wrong", [4, -1, np.nan])
def test_the_first_label_that_is_no_class_is_told_as_on_the_host(gpu, layer, wrong):
    scores, truth = np.zeros((5, 4)), np.array([1, 2.5, wrong, 0, 9])
    tried = gpu_layer(gpu, f'type: "{layer}"', scores, truth)
    faults = tried.kernel._context.faults
    gpu.residence.begin()
    for call in tried.kernel.bind_forward(tried.bottom, tried.top):
        call()
    gpu.residence.end()
    with pytest.raises(ConfigError) as on_gpu:
        faults.check()
    faults.check()
    tried.layer.prepare_kernels(tried.bottom, tried.top)
    with pytest.raises(ConfigError) as on_host:
        tried.layer.forward(tried.bottom, tried.top)
    assert str(on_gpu.value) == str(on_host.value)
    assert "of item 2 is outside [0, 4)" in str(on_host.value)
    assert on_gpu.value.item == on_host.value.item == 2


def test_labels_that_are_to_have_a_gradient_are_left_to_the_host(gpu):
    tried = gpu_layer(gpu, 'type: "SoftmaxWithLoss"', (5, 4), np.zeros(5))
    tried.layer.propagate_down = [True, True]
    assert tried.layer.gpu_kernel(Context(gpu), tried.bottom, tried.top) is None
