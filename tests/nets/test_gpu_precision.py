"""Nets on a GPU whose blobs are stored in 16 bits."""

import numpy as np
import pytest
from gpu_nets import PLAIN, gradients, make
from gpu_parity import open_test_gpu, why_no_gpu

from cortado.core.device import open_device, opening

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))


@pytest.fixture(autouse=True)
def gpu():
    with opening(open_test_gpu):
        yield open_device("gpu")


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_blobs_are_stored_in_16_bits_but_for_labels_and_losses(precision):
    net, exact = make(PLAIN, precision=precision), make(PLAIN, device="cpu")
    assert net.forward() == pytest.approx(exact.forward(), rel=0.02)
    net.backward(adds=False)
    exact.backward(adds=False)
    stored = {name: str(blob.gpu_data.dtype) for name, blob in net.blobs.items()}
    half = "uint16" if precision == "bfloat16" else "float16"
    assert stored == {
        "x": half,
        "labels": "float32",
        "conv": half,
        "pool": half,
        "ip": half,
        "loss": "float32",
    }
    scale = 2.0**16 if precision == "float16" else 1
    for name, arrays in gradients(exact).items():
        for ours, theirs in zip(gradients(net)[name], arrays, strict=True):
            np.testing.assert_allclose(ours / scale, theirs, rtol=0.1, atol=0.02, err_msg=name)


def test_gradients_of_parts_are_scaled_in_float16_too():
    whole, parts = make(PLAIN, precision="float16"), make(PLAIN, precision="float16")
    for net in (whole, parts):
        net.forward()
    whole.backward(adds=False)
    parts.clear_diffs()
    for i in reversed(range(len(parts.layers))):
        parts.backward(i, i)
    for name, arrays in gradients(whole).items():
        assert all(map(np.allclose, gradients(parts)[name], arrays)), name


def test_a_loss_may_be_stored_in_float16():
    text = PLAIN[: PLAIN.index('layer { name: "loss"')]
    net = make(text + 'layer { name: "y" type: "AbsVal" bottom: "ip" top: "y" loss_weight: 0.25 }',
               precision="float16")  # fmt: skip
    net.forward()
    net.backward()
    assert net.blobs["y"].gpu_diff.dtype == "float16"
    assert np.all(net.blobs["y"].diff == 2.0**14)
