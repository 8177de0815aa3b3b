import numpy as np
import pytest
from gpu_parity import check_parity, gpu_kernel

SHAPE = (2, 3, 4, 5)
EXTREMES = np.array(
    [0, -0.0, 1e-30, -1e-3, 3, -3, 6, -7, 20, -20, 89, -89, 1e4, -1e4, np.inf, -np.inf, np.nan],
    np.float32,
)
FINITE = EXTREMES[np.isfinite(EXTREMES)]

LAYERS = [
    'type: "ReLU" relu_param { negative_slope: 0 }',
    'type: "ReLU" relu_param { negative_slope: 0.1 }',
    'type: "ReLU" relu_param { negative_slope: -0.5 }',
    'type: "NegReLU" relu_param { negative_slope: 0.1 }',
    'type: "ReLU6"',
    'type: "ReLU6" relu6_param { negative_slope: 0.1 }',
    'type: "ReLU6" relu6_param { negative_slope: -9 }',
    'type: "BNLL"',
    'type: "Clip" clip_param { min: -0.5 max: 0.7 }',
    'type: "ELU" elu_param { alpha: 0.7 }',
    'type: "ELU" elu_param { alpha: -0.7 }',
    'type: "Exp"',
    'type: "Exp" exp_param { base: 2 scale: 0.5 shift: -1 }',
    'type: "Hardsigmoid" hardsigmoid_param { alpha: 0.3 beta: 0.4 }',
    'type: "HardSigmoid"',
    'type: "HSwish"',
    'type: "HardSwish"',
    'type: "Log" log_param { base: 10 scale: 0.1 shift: 2 }',
    'type: "Mish"',
    'type: "Power"',
    'type: "Power" power_param { scale: 2 shift: -1 }',
    'type: "Power" power_param { power: 0 shift: -1 }',
    'type: "Power" power_param { power: 2 scale: 0.5 shift: 3 }',
    'type: "Power" power_param { power: 3 scale: 0.5 }',
    'type: "Power" power_param { power: 0.5 scale: 0.5 shift: 3 }',
    'type: "Power" power_param { power: -1 scale: 0.5 shift: 3 }',
    'type: "Power" power_param { power: 1.7 scale: 0.5 shift: 3 }',
    'type: "Power" power_param { power: 3 scale: 0 shift: 2 }',
    'type: "Sigmoid"',
    'type: "Swish" swish_param { beta: 1.5 }',
    'type: "TanH"',
]


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("layer", LAYERS)
def test_layers_compute_what_they_do_on_the_host(gpu, layer, in_place):
    check_parity(gpu, layer, SHAPE, in_place=in_place)


@pytest.mark.parametrize("layer", LAYERS)
def test_extremes_and_nan_go_the_same_way(gpu, layer):
    check_parity(gpu, layer, EXTREMES, backward=False)
    check_parity(gpu, layer, FINITE)


def test_absolute_values_are_not_computed_in_place(gpu):
    check_parity(gpu, 'type: "AbsVal"', SHAPE)
    check_parity(gpu, 'type: "AbsVal"', FINITE)
    with pytest.raises(ValueError, match="cannot work in place"):
        check_parity(gpu, 'type: "AbsVal"', SHAPE, in_place=True)


@pytest.mark.parametrize("in_place", [False, True])
def test_logarithms_of_what_has_none(gpu, in_place):
    check_parity(gpu, 'type: "Log"', FINITE, in_place=in_place)


@pytest.mark.parametrize("in_place", [False, True])
def test_thresholds_have_no_backward_pass(gpu, in_place):
    layer = 'type: "Threshold" threshold_param { threshold: 0.2 }'
    check_parity(gpu, layer, SHAPE, in_place=in_place, backward=False, no_gradient=[0])
    with pytest.raises(AssertionError, match="no GPU kernel"):
        gpu_kernel(gpu, layer, SHAPE)


@pytest.mark.parametrize("in_place", [False, True])
def test_noise_is_none_in_phase_test(gpu, in_place):
    layer = 'type: "Noise" noise_param { gaussian_std: 1 }'
    check_parity(gpu, layer, SHAPE, in_place=in_place, phase="TEST")


def test_many_numbers_are_computed_by_many_blocks(gpu):
    check_parity(gpu, 'type: "ELU"', (3, 5, 31, 33))


def test_nothing_is_computed_on_nothing(gpu):
    check_parity(gpu, 'type: "ReLU"', (0, 3))


def test_x_is_read_again_only_where_the_derivative_needs_it(gpu):
    assert gpu_kernel(gpu, 'type: "Swish"', SHAPE).backward_reads == (True, False)
    assert gpu_kernel(gpu, 'type: "Sigmoid"', SHAPE).backward_reads == (False, True)
    assert gpu_kernel(gpu, 'type: "Power"', SHAPE).backward_reads == (False, False)
