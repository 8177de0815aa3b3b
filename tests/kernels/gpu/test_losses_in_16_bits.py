"""Scores may be stored in 16 bits; labels, targets and losses stay what they are."""

import numpy as np
import pytest
from gpu_parity import gpu_layer

from cortado.core.device_memory import DeviceMemory
from cortado.core.half import rounded, widened
from cortado.kernels.gpu import Wants

RNG = np.random.default_rng(6)
SHAPE = (2, 3, 4, 5)
LABELS = RNG.integers(0, 3, (2, 1, 4, 5))
TARGETS = RNG.random(SHAPE)
PRIORS = np.array([[0, 0, 0.5, 1, 0.5, 0, 1, 1, 0.4, 0.4, 0.6, 0.6], [0.1, 0.1, 0.2, 0.2] * 3])
OBJECTS = np.array([[0, 2, 0, 0, 0, 0.5, 0.9, 0], [1, 1, 0, 0.4, 0, 1, 0.9, 0]])[None, None]
DETECTIONS = [(2, 12), (2, 9), PRIORS[None], OBJECTS]
OWN_MATCHES = "share_location: false use_prior_for_matching: false"
MULTIBOX = 'type: "MultiBoxLoss" multibox_loss_param { num_classes: 3 mining_type: %s }'
PROPOSAL = 'type: "Proposal" proposal_param { ratio: 1 scale: 1 nms_thresh: 0.3 }'
TRUTHS = [[1, 0.4, 0.3, 0.5, 0.4, 0, 0.7, 0.9, 0.3, 0.2], [2, 0.1, 0.6, 0.2, 0.8, 2, 0, 0, 1, 1]]
YOLO = "num_class: 3 num: 2 biases: [1, 2, 3, 1]"
CASES = [
    ('type: "Softmax"', [SHAPE], 1),
    ('type: "SoftmaxWithLoss"', [SHAPE, LABELS], 1),
    ('type: "SoftmaxWithLoss" loss_param { ignore_label: 1 }', [SHAPE, LABELS], 2),
    ('type: "SoftmaxWithLossOHEM"', [SHAPE, LABELS], 3),
    ('type: "HingeLoss"', [(4, 5), np.arange(4)], 1),
    ('type: "Accuracy"', [SHAPE, LABELS], 2),
    ('type: "SegAccuracy"', [SHAPE, LABELS], 1),
    ('type: "LabelsequenceAccuracy"', [np.eye(3)[[[1, 0, 2]]], [[1, 2]]], 1),
    ('type: "EuclideanLoss"', [SHAPE, SHAPE], 1),
    ('type: "L1Loss" l1_loss_param { l2_per_location: true }', [SHAPE, SHAPE], 1),
    ('type: "SigmoidCrossEntropyLoss"', [SHAPE, TARGETS], 1),
    ('type: "SmoothL1LossOHEM"', [SHAPE, SHAPE, TARGETS], 2),
    ('type: "ContrastiveLoss"', [(4, 5), (4, 5), np.arange(4) % 2], 1),
    ('type: "CTCLoss" ctc_loss_param { blank_index: 0 }', [(6, 2, 3), [[1, 2], [2, 2]]], 1),
    ('type: "CTCGreedyDecoder"', [(6, 2, 3), np.ones((6, 2)), [[0, 1], [1, 1]]], 3),
    (MULTIBOX % "MAX_NEGATIVE", DETECTIONS, 1),
    (MULTIBOX % "NONE conf_loss_type: LOGISTIC use_prior_for_matching: false", DETECTIONS, 1),
    (MULTIBOX % f"NONE {OWN_MATCHES}", [(2, 36), *DETECTIONS[1:]], 1),
    (MULTIBOX % "MAX_NEGATIVE nms_param { nms_threshold: 0.1 }", DETECTIONS, 1),
    (MULTIBOX % "HARD_EXAMPLE", [*DETECTIONS, RNG.random((2, 6)), RNG.random((2, 12)) / 9], 1),
    (f'type: "RegionLoss" region_loss_param {{ {YOLO} }}', [(2, 16, 4, 5), TRUTHS], 1),
    (
        f'type: "Yolov3" yolov3_param {{ {YOLO} mask: [0, 1] anchors_scale: 1 iou_loss: GIOU }}',
        [(2, 16, 4, 5), TRUTHS],
        1,
    ),
    ('type: "DetectionOutput" detection_output_param { num_classes: 3 }', DETECTIONS[:3], 1),
    (PROPOSAL, [(1, 2, 4, 5), (1, 4, 4, 5), [[64, 80, 1]]], 2),
    (
        'type: "YoloDetectionOutput" yolo_detection_output_param { num_classes: 3 num_box: 2 '
        "biases: [1, 2, 3, 1] }",
        [(2, 16, 4, 5)],
        1,
    ),
    ('type: "Nms" nms_param { num_parts: 2 threshold: 0 }', [(2, 3, 6, 7)], 1),
]


def results(gpu, prototxt, bottoms, tops, dtype, is_stored):
    """What a layer writes, with whether that is exact; `dtype` is what may be rounded rounded to.

    Without is_stored it is rounded, but stored in 32 bits.
    """
    tried = gpu_layer(gpu, prototxt, *bottoms, tops=tops)
    kernel, free = tried.kernel, []
    for blobs, side in ((tried.bottom, "exact_bottoms"), (tried.top, "exact_tops")):
        free += [blob for i, blob in enumerate(blobs) if i not in getattr(kernel, side, ())]
    for blob in free:
        if any(blob is bottom for bottom in tried.bottom):
            blob.data[...] = widened(rounded(blob.data, np.dtype(dtype)))
        for memory in (blob.data_memory, blob.diff_memory):
            assert isinstance(memory, DeviceMemory)
            if is_stored:
                memory.store_as(dtype)
    tried.top[0].diff[...] = np.random.default_rng(3).random(tried.top[0].shape)
    wants = Wants(tried.layer.propagate_down)
    gpu.residence.begin()
    for call in kernel.bind_forward(tried.bottom, tried.top):
        call()
    for call in kernel.bind_backward(tried.top, tried.bottom, wants):
        call()
    gpu.residence.end()
    learned = [b for b, want in zip(tried.bottom, wants.bottoms, strict=True) if want]
    data = [(np.array(top.data), top not in free) for top in tried.top]
    return data + [(np.array(blob.diff), False) for blob in learned]


@pytest.mark.parametrize("dtype", ["float16", "uint16"])
@pytest.mark.parametrize(("prototxt", "bottoms", "tops"), CASES)
def test_only_what_may_be_is_rounded(gpu, prototxt, bottoms, tops, dtype):
    halves, floats = (
        results(gpu, prototxt, bottoms, tops, dtype, is_stored) for is_stored in (True, False)
    )
    accuracy = 2e-3 if dtype == "float16" else 2e-2
    for (half, is_exact), (exact, _) in zip(halves, floats, strict=True):
        rtol = 1e-6 if is_exact else accuracy
        np.testing.assert_allclose(half, exact, rtol, atol=0 if is_exact else accuracy)
        assert exact.any()
