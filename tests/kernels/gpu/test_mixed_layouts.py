"""Losses take blobs that lie otherwise than their first bottom, as those of data layers do."""

import numpy as np
import pytest
from gpu_parity import gpu_layer

from cortado.kernels.gpu import Wants


def run(gpu, prototxt, bottoms, tops, channels_last):
    """All that a layer writes, where these blobs, bottoms before tops, are channels-last."""
    tried = gpu_layer(gpu, prototxt, *bottoms, tops=tops)
    layer, blobs = tried.layer, [*tried.bottom, *tried.top]
    for i in channels_last:
        blobs[i].channels_last = True
    for blob, array in zip(tried.bottom, bottoms, strict=True):
        blob.data[...] = array
    tried.top[0].diff[...] = 2
    gpu.residence.begin()
    wants = Wants(layer.propagate_down)
    for call in tried.kernel.bind_forward(tried.bottom, tried.top):
        call()
    for call in tried.kernel.bind_backward(tried.top, tried.bottom, wants):
        call()
    gpu.residence.end()
    diffs = [blob.diff for blob, want in zip(tried.bottom, wants.bottoms, strict=True) if want]
    return [np.array(array) for array in (*(top.data for top in tried.top), *diffs)]


X = np.random.default_rng(1).standard_normal((3, 2, 3, 4, 5))
LABELS = np.random.default_rng(2).integers(0, 3, (2, 4, 5))
PROPOSAL = 'type: "Proposal" proposal_param { ratio: 1 scale: 1 }'
MOVES = X[1:].reshape(3, 4, 4, 5)[:2], [[64, 80, 1]]  # and the size of both images
ONE_CLASS = LABELS.reshape(2, 1, 4, 5)


@pytest.mark.parametrize(
    ("prototxt", "bottoms", "tops", "channels_last"),
    [
        ('type: "EuclideanLoss"', X[:2], 1, [0]),
        ('type: "EuclideanLoss"', X[:2], 1, [1]),
        ('type: "L1Loss" l1_loss_param { l2_per_location: true }', X[:2], 1, [0]),
        ('type: "L1Loss" l1_loss_param { l2_per_location: true }', X[:2], 1, [1]),
        ('type: "SmoothL1Loss"', X, 1, [0]),
        ('type: "SmoothL1LossOHEM"', X, 2, [0]),
        ('type: "SmoothL1LossOHEM"', X, 2, [1, 2]),
        ('type: "SoftmaxWithLoss"', [X[0], LABELS], 2, [0]),
        ('type: "SoftmaxWithLoss"', [X[0], LABELS], 2, [0, 1]),
        ('type: "SoftmaxWithLoss"', [X[0], LABELS], 2, [1, 3]),
        ('type: "SoftmaxWithLossOHEM"', [X[0], ONE_CLASS], 3, [0, 4]),
        (PROPOSAL, [X[0, :, :2], *MOVES], 2, [0]),
        (PROPOSAL, [X[0, :, :2], *MOVES], 2, [1]),
    ],
)
def test_blobs_may_lie_each_in_its_own_way(gpu, prototxt, bottoms, tops, channels_last):
    plain = run(gpu, prototxt, bottoms, tops, [])
    mixed = run(gpu, prototxt, bottoms, tops, channels_last)
    for one, other in zip(plain, mixed, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("shape", [(2, 4, 5), (2, 1, 4, 5)])
def test_accuracy_of_channels_last_scores(gpu, shape):
    def accuracies(channels_last):
        tried = gpu_layer(gpu, 'type: "Accuracy"', X[0], LABELS.reshape(shape), tops=2)
        tried.bottom[0].channels_last = channels_last
        tried.bottom[0].data[...] = X[0]
        gpu.residence.begin()
        for call in tried.kernel.bind_forward(tried.bottom, tried.top):
            call()
        gpu.residence.end()
        return [top.data.tolist() for top in tried.top]

    assert accuracies(True) == accuracies(False)
