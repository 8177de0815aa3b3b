"""The embedded digits: idx files that hold the 1,797 scans of UCI's optical digits."""

import gzip
from pathlib import Path

import numpy as np
import pytest

DIGITS = Path(__file__).parents[2] / "models/digits"


def read_idx(name):
    content = gzip.decompress((DIGITS / f"{name}-ubyte.gz").read_bytes())
    zeros, uint8, rank = content[:2], content[2], content[3]
    assert (zeros, uint8) == (b"\0\0", 8)
    shape = np.frombuffer(content, ">u4", count=rank, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


@pytest.mark.parametrize(("part", "count"), [("train", 1437), ("test", 360)])
def test_one_label_and_one_parity_for_each_picture(part, count):
    images, labels = read_idx(f"{part}-images-idx3"), read_idx(f"{part}-labels-idx1")
    assert images.shape == (count, 8, 8)
    assert labels.shape == (count,)
    assert np.array_equal(read_idx(f"{part}-parity-idx1"), labels % 2)


def test_pixels_are_sixteen_dots_times_fifteen():
    pixels = np.unique(np.concatenate([read_idx(f"{p}-images-idx3") for p in ("train", "test")]))
    assert pixels.tolist() == [15 * dots for dots in range(17)]


def test_held_out_digits_are_balanced():
    assert np.bincount(read_idx("test-labels-idx1")).tolist() == [36] * 10


def test_digits_are_shuffled():
    """The first batch of 64 must not hold one digit only: LMDBs are read in order."""
    assert set(read_idx("train-labels-idx1")[:64]) == set(range(10))


def test_labels_fit_the_pictures():
    """The nearest of ten mean pictures tells nine held-out digits in ten."""
    images, labels = read_idx("train-images-idx3"), read_idx("train-labels-idx1")
    means = np.stack([images[labels == digit].mean(axis=0) for digit in range(10)])
    test = read_idx("test-images-idx3").astype(float)
    distance = ((test[:, None] - means) ** 2).sum(axis=(2, 3))
    assert (distance.argmin(axis=1) == read_idx("test-labels-idx1")).mean() > 0.88


def test_the_data_stay_small_and_credited():
    assert sum(path.stat().st_size for path in DIGITS.glob("*.gz")) < 100_000
    for name in ("README.md", "LICENSE"):
        text = (DIGITS / name).read_text()
        assert "Alpaydin and C. Kaynak" in text
        assert "CC BY 4.0" in text
