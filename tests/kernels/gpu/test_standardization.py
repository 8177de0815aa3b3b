import numpy as np
import pytest
from gpu_parity import check_parity

SHAPES = [(4, 3, 5, 6), (2, 40, 3, 3), (6, 5), (7,), (2, 3, 4, 2, 3), (3, 2, 5), (1, 1, 1, 1)]
LARGE = [(3, 2, 40, 41), (5, 70, 5, 11), (2100, 5), (7000,)]


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm(gpu, shape, in_place):
    check_parity(gpu, 'type: "BatchNorm"', shape, in_place=in_place, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("shape", LARGE)
def test_several_blocks_share_a_channel(gpu, shape):
    check_parity(gpu, 'type: "BatchNorm"', shape)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize(
    "options", ["scale_bias: true", "use_global_stats: true", "scale_bias: true eps: 0.1"]
)
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_options_of_batch_norm(gpu, options, phase, in_place):
    prototxt = f'type: "BatchNorm" batch_norm_param {{ {options} }}'
    check_parity(gpu, prototxt, (3, 4, 5, 6), phase=phase, in_place=in_place)


BN = [
    "momentum: 0.7",
    "frozen: true",
    "bn_mode: LEARN",
    "bn_mode: INFERENCE",
    "var_eps: 0.01 moving_average: true",
    "axis: 2",
]


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
@pytest.mark.parametrize("options", BN)
def test_bn(gpu, options, phase, in_place):
    prototxt = f'type: "BN" bn_param {{ {options} }}'
    check_parity(gpu, prototxt, (3, 4, 5, 6), phase=phase, in_place=in_place)


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_cudnn_batch_norm(gpu, phase):
    prototxt = 'type: "CuDNNBatchNorm" cudnn_batch_norm_param { momentum: 0.9 }'
    check_parity(gpu, prototxt, (3, 4, 5, 6), phase=phase)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("across_channels", ["false", "true"])
@pytest.mark.parametrize("normalize_variance", ["false", "true"])
@pytest.mark.parametrize("shape", [(3, 4, 5, 6), (2, 5), (2, 2, 40, 41)])
def test_mvn(gpu, shape, normalize_variance, across_channels, in_place):
    prototxt = f"""
        type: "MVN" mvn_param {{
            normalize_variance: {normalize_variance} across_channels: {across_channels} }}
    """
    check_parity(gpu, prototxt, shape, in_place=in_place, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("shape", [(0, 3, 2, 2), (2, 3, 0, 2)])
@pytest.mark.parametrize("prototxt", ['type: "BatchNorm"', 'type: "MVN"'])
def test_nothing(gpu, prototxt, shape):
    check_parity(gpu, prototxt, shape)


def test_a_small_variance_far_from_zero(gpu):
    x = 1000 + 0.1 * np.random.default_rng(1).standard_normal((4, 3, 30, 31))
    x[0, :, 0, 0] = 0  # as at a padded corner
    check_parity(gpu, 'type: "BatchNorm"', x, rtol=1e-3, atol=1e-3)


def test_no_gradient_is_wanted(gpu):
    prototxt = 'type: "BatchNorm" batch_norm_param { scale_bias: true }'
    check_parity(gpu, prototxt, (3, 4, 5, 6), no_gradient=[0])
