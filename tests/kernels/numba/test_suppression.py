import numpy as np
import pytest

from cortado.kernels import choice, cpu
from cortado.kernels.cpu import thresholds
from cortado.layers.families.nms import suppress

pytest.importorskip("numba")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("threshold", "eta"), [(0.45, 1), (0.0, 1), (0.9, 0.8), (1.0, 1)])
def test_the_kernel_keeps_what_array_code_does(rng, dtype, threshold, eta):
    kernel = cpu.prepare_suppression(thresholds.FEW_BOXES)
    assert kernel
    low = rng.random((300, 2))
    boxes = np.concatenate([low, low + rng.random((300, 2)) - 0.1], axis=1).astype(dtype)
    scores = rng.random(300)
    ours = suppress(boxes, scores, threshold, eta=eta)
    np.testing.assert_array_equal(suppress(boxes, scores, threshold, eta=eta, kernel=kernel), ours)


def test_few_boxes_and_missing_numba_leave_it_to_array_code():
    assert cpu.prepare_suppression(thresholds.FEW_BOXES - 1) is None
    with choice.only("numpy"):
        assert cpu.prepare_suppression(thresholds.FEW_BOXES) is None
