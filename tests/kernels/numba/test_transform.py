"""Transforms by the compiled kernel against those in array code: the same bits."""

from itertools import product

import numpy as np
import pytest

from cortado.data.transform import Transformer
from cortado.kernels import choice, cpu
from cortado.kernels.cpu import thresholds
from cortado.proto import parse_text, write_mean
from cortado.proto.caffe_pb2 import TEST, TRAIN, TransformationParameter

pytest.importorskip("numba")

FIELDS = [
    "",
    "scale: 0.00390625 crop_size: 11",
    "scale: 0.1 mean_value: 104.3 mirror: true",
    "scale: 0.1 mean_value: 104.3 mean_value: 1 mean_value: 0.7 mirror: true crop_size: 11",
    "crop_size: 1 mirror: true mean_value: 3",
    'mean_file: "MEAN" scale: 0.3',
    'mean_file: "MEAN" scale: 0.3 mirror: true crop_size: 11',
]
LAYOUTS = {
    "planes": lambda pixels: np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)),
    "pixels": lambda pixels: pixels.transpose(0, 3, 1, 2),
    "every other": lambda pixels: np.repeat(pixels, 2, 2)[:, :, ::2].transpose(0, 3, 1, 2),
}


def run(library, text, phase, x, dtype):
    param = TransformationParameter()
    parse_text(text, param)
    with choice.only(library):
        transform = Transformer(param, phase, dtype)
        transform.prepare(x.size)
    assert bool(transform._kernel) == (library == "numba")
    y = [np.empty((len(x), *transform.output_size(x.shape[1:])), dtype)]
    transform.into_batch(x, y, slice(0, len(x)), transform.chances(1, 2, len(x)))
    return y[0]


@pytest.fixture(autouse=True)
def _kernels_for_few_numbers(monkeypatch):
    monkeypatch.setattr(thresholds, "FEW_NUMBERS", 0)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("text", "phase"), list(product(FIELDS, [TRAIN, TEST])))
def test_the_kernel_writes_the_same_bits(rng, tmp_path, text, phase, layout):
    write_mean(tmp_path / "mean", rng.random((1, 3, 13, 40), np.float32) * 255)
    text = text.replace("MEAN", str(tmp_path / "mean"))
    x = LAYOUTS[layout](rng.integers(0, 256, (5, 13, 40, 3), dtype=np.uint8))
    expected = run("numpy", text, phase, x, "float32")
    np.testing.assert_array_equal(run("numba", text, phase, x, "float32"), expected)


@pytest.mark.parametrize(("channels", "layout"), list(product([1, 2, 4], LAYOUTS)))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_number_of_channels_and_numbers_of_any_kind(rng, channels, layout, dtype):
    x = LAYOUTS[layout](rng.standard_normal((2, 9, 17, channels)).astype("float32"))
    text = "mean_value: 0.1 scale: 3 mirror: true crop_size: 5"
    expected = run("numpy", text, TRAIN, x, dtype)
    np.testing.assert_array_equal(run("numba", text, TRAIN, x, dtype), expected)


def test_small_batches_are_left_to_array_code(monkeypatch):
    monkeypatch.setattr(thresholds, "FEW_NUMBERS", 100)
    with choice.only("numba"):
        assert cpu.prepare_transform(99) is None
        assert cpu.prepare_transform(100) is not None
