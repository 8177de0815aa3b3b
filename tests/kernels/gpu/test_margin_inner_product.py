import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

from cortado.kernels.gpu import Context, Wants
from cortado.proto import ConfigError

LABELS = [1, 0, 3, 3, 2, 1, 0]
ANNEALED = "base: 100 gamma: 0.5 power: 2 lambda_min: 3 iteration: 4"
RNG = np.random.default_rng(5)


def margin(kind="DOUBLE", more="", classes=4):
    options = f"num_output: {classes} type: {kind} {more}"
    return f'type: "MarginInnerProduct" margin_inner_product_param {{ {options} }}'


@pytest.mark.parametrize("more", ["", ANNEALED, "base: 0"])
@pytest.mark.parametrize("kind", ["SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE"])
def test_margins(gpu, kind, more):
    check_parity(gpu, margin(kind, more), (7, 5), LABELS, tops=2, no_gradient=[1])


@pytest.mark.parametrize("shape", [(7, 2, 3, 4), (7, 70), (7, 3, 2)])
def test_shapes(gpu, shape):
    check_parity(gpu, margin(), shape, np.reshape(LABELS, (7, 1, 1)), no_gradient=[1])


@pytest.mark.parametrize(("axis", "labels"), [(2, (2, 3)), (-1, (2, 3, 4)), (0, (1,))])
def test_axis(gpu, axis, labels):
    numbers = RNG.integers(0, 4, labels)
    check_parity(gpu, margin(more=f"axis: {axis}"), (2, 3, 4, 5), numbers, no_gradient=[1])


@pytest.mark.parametrize("kind", ["DOUBLE", "TRIPLE", "QUADRUPLE"])
def test_many_angles_among_many_classes(gpu, kind):
    # In few dimensions all angles occur.
    labels = RNG.integers(0, 70, 300)
    check_parity(gpu, margin(kind, "base: 0.2", 70), (300, 2), labels, no_gradient=[1])


def test_long_vectors(gpu):
    check_parity(gpu, margin(), (3, 2100), LABELS[:3], no_gradient=[1], atol=2e-4)


@pytest.mark.parametrize("kind", ["SINGLE", "QUADRUPLE"])
def test_zeros_have_no_angle_and_no_score(gpu, kind):
    check_parity(gpu, margin(kind), np.zeros((7, 5)), LABELS, no_gradient=[1])


def test_nothing(gpu):
    check_parity(gpu, margin(), (0, 5), [], tops=2, no_gradient=[1])


def test_weights_alone_have_a_gradient(gpu):
    check_parity(gpu, margin(), (7, 5), LABELS, no_gradient=[0, 1])


def run(tried, before_backward=()):
    residence, kernel = tried.kernel._context.gpu.residence, tried.kernel
    tried.top[0].diff[...] = 1
    residence.begin()
    calls = [*kernel.bind_forward(tried.bottom, tried.top), *before_backward]
    calls += kernel.bind_backward(tried.top, tried.bottom, Wants([True, False], [True], [False]))
    kernel._context.changing.send()
    for call in calls:
        call()
    residence.end()


def test_rows_of_weights_have_length_1_after_a_pass_and_stay_zero(gpu):
    tried = gpu_layer(gpu, margin(), (7, 5), LABELS)
    tried.layer.weights[0].data[2] = 0
    run(tried)
    lengths = np.sqrt((tried.layer.weights[0].data ** 2).sum(axis=1))
    np.testing.assert_allclose(lengths, [1, 1, 0, 1], rtol=1e-6)


def test_the_gradient_is_of_the_lambda_of_its_own_forward(gpu):
    tried = gpu_layer(gpu, margin("QUADRUPLE", ANNEALED), (7, 5), LABELS)
    run(tried)
    expected = tried.bottom[0].diff.copy()
    tried.layer.restore({"iteration": 4})
    run(tried, [tried.kernel._context.changing.send])
    np.testing.assert_allclose(tried.bottom[0].diff, expected, rtol=1e-5)


def test_a_resumed_run_counts_on(gpu):
    tried = gpu_layer(gpu, margin("DOUBLE", ANNEALED), (7, 5), LABELS, tops=2)
    run(tried)
    assert tried.layer.state() == {"iteration": 5}
    tried.layer.restore({"iteration": 1})
    run(tried)
    assert tried.top[1].data[0] == pytest.approx(100 / 2**2)


@pytest.mark.parametrize("kind", ["SINGLE", "DOUBLE"])
@pytest.mark.parametrize("label", [4, -1, np.nan])
def test_a_label_without_a_class_is_told_and_has_no_margin(gpu, kind, label):
    tried = gpu_layer(gpu, margin(kind, "base: 0"), (3, 5), [1, label, 2])
    run(tried)
    with pytest.raises(ConfigError, match=r"index .* at \[1\] of bottom\[1\], the labels,"):
        tried.kernel._context.faults.check()
    x, w = tried.bottom[0].data, tried.layer.weights[0].data
    np.testing.assert_allclose(tried.top[0].data[1], x[1] @ w.T, rtol=1e-4)
    np.testing.assert_allclose(tried.bottom[0].diff[1], w.sum(axis=0), rtol=1e-4, atol=1e-6)


def test_who_asks_for_the_gradient_of_labels_gets_no_kernel(gpu):
    tried = gpu_layer(gpu, margin(), (7, 5), LABELS)
    tried.layer.propagate_down = [True, True]
    assert tried.layer.gpu_kernel(Context(gpu), tried.bottom, tried.top) is None
