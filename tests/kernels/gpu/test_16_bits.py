"""Kernels of activations, broadcasts, sums and the like on blobs that are stored in 16 bits."""

import numpy as np
import pytest
from gpu_parity import gpu_layer

from cortado.core.device_memory import DeviceMemory
from cortado.kernels.gpu import Wants

SHAPE = (2, 3, 4, 5)
MASK = np.random.default_rng(6).integers(0, 80, SHAPE)
MARGIN = 'type: "MarginInnerProduct" margin_inner_product_param { num_output: 4 type: TRIPLE }'
CASES = [
    ('type: "ELU"', [SHAPE]),
    ('type: "Mish"', [SHAPE]),
    ('type: "Dropout"', [SHAPE]),
    ('type: "Noise" noise_param { gaussian_std: 2 }', [SHAPE]),
    ('type: "PReLU"', [SHAPE]),
    ('type: "Scale" scale_param { bias_term: true }', [SHAPE]),
    ('type: "Scale" scale_param { axis: 0 bias_term: true }', [SHAPE, (2, 3)]),
    ('type: "Bias" bias_param { axis: 0 }', [SHAPE, (2, 3)]),
    ('type: "Axpy"', [(2, 3), SHAPE, SHAPE]),
    ('type: "ChannelScale"', [SHAPE, (2, 1, 4, 5)]),
    ('type: "ChannelNorm"', [SHAPE]),
    ('type: "Eltwise" eltwise_param { coeff: 0.5 coeff: 1 coeff: 2 }', [SHAPE] * 3),
    ('type: "Eltwise" eltwise_param { operation: MAX }', [SHAPE] * 3),
    ('type: "Eltwise" eltwise_param { operation: PROD }', [SHAPE] * 3),
    ('type: "Reduction" reduction_param { operation: SUMSQ axis: 1 }', [SHAPE]),
    ('type: "BatchNorm" batch_norm_param { scale_bias: true }', [SHAPE]),
    ('type: "MVN"', [SHAPE]),
    ('type: "Normalize" norm_param { across_spatial: false channel_shared: false }', [SHAPE]),
    ('type: "Normalize" normalize_param { normalize_type: "L1" }', [SHAPE]),
    ('type: "Permute" permute_param { order: [0, 2, 3, 1] }', [SHAPE]),
    ('type: "Concat"', [SHAPE, SHAPE, SHAPE]),
    ('type: "Crop"', [SHAPE, (2, 3, 2, 2)]),
    ('type: "Tile" tile_param { tiles: 3 }', [SHAPE]),
    ('type: "Upsample"', [SHAPE, MASK]),
    ('type: "Interp" interp_param { zoom_factor: 2 }', [SHAPE]),
    ('type: "BatchReindex"', [SHAPE, np.array([1, 0, 1])]),
    ('type: "Embed" embed_param { input_dim: 3 num_output: 5 }', [np.array([1, 2, 1])]),
    ('type: "CenterLoss" center_loss_param { num_output: 4 }', [SHAPE, np.array([1, 3])]),
    (MARGIN, [SHAPE, np.array([1, 3])]),
    ('type: "Im2col" convolution_param { kernel_size: 2 pad: 1 }', [SHAPE]),
    ('type: "BatchReduction" batch_reduction_param { reduction_param { axis: 2 } }', [SHAPE]),
]


def _results(gpu, layer, shapes, stored):
    tried = gpu_layer(gpu, layer, *shapes)
    blobs = []
    for some, side in ((tried.bottom, "exact_bottoms"), (tried.top, "exact_tops")):
        exact = getattr(tried.kernel, side, ())
        blobs += [blob for i, blob in enumerate(some) if i not in exact]
    for blob in blobs:
        for memory in (blob.data_memory, blob.diff_memory):
            assert isinstance(memory, DeviceMemory)
            if stored:
                memory.store_as(stored)
    context = tried.kernel._context
    tried.top[0].diff[...] = np.random.default_rng(7).standard_normal(tried.top[0].shape)
    gpu.residence.begin()
    calls = list(tried.kernel.bind_forward(tried.bottom, tried.top))
    weights = len(tried.layer.weights)
    wants = Wants([True] * len(tried.bottom), [True] * weights, [False] * weights)
    calls += tried.kernel.bind_backward(tried.top, tried.bottom, wants)
    context.changing.send()
    for call in calls:
        call()
    gpu.residence.end()
    return [
        tried.top[0].data.copy(),
        *(blob.diff.copy() for blob in (*tried.bottom, *tried.layer.weights)),
    ]


@pytest.mark.parametrize(
    ("layer", "shapes", "stored"),
    [(*case, "float16") for case in CASES] + [(*case, "uint16") for case in CASES[::3]],
)
def test_results_are_those_of_32_bits_rounded(gpu, layer, shapes, stored):
    expected = _results(gpu, layer, shapes, None)
    accuracy = 0.02 if stored == "float16" else 0.1
    for array, exact in zip(_results(gpu, layer, shapes, stored), expected, strict=True):
        assert np.abs(array - exact).max() <= accuracy * np.abs(exact).max()
        assert array.any() == exact.any()
