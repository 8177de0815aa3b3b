import re

import pytest


def test_every_layer_is_timed_in_the_words_of_caffe(pictures, caffe):
    status, lines = caffe("time", "-model", "net.prototxt", "-iterations", 2)
    assert status == 0
    text = "\n".join(lines)
    for layer in ("data", "ip", "loss"):
        assert re.search(rf"\] +{layer}\tforward: [\d.e-]+ ms\.", text), layer
        assert re.search(rf"\] +{layer}\tbackward: [\d.e-]+ ms\.", text), layer
    assert "accuracy\t" not in text  # phase TRAIN
    for name in ("Average Forward pass", "Average Backward pass", "Average Forward-Backward"):
        assert re.search(rf"\] {name}: [\d.]+ ms\.", text)
    assert text.count("forward-backward time: ") == 2
    assert re.search(r"\] Total Time: [\d.]+ ms\.", text)


def test_memory_is_counted(pictures, caffe):
    """Blobs: 4 x 1440 pixels, 12 scores, label and loss; weights: 12 x 1440 and 12."""
    _, lines = caffe("time", "-model", "net.prototxt", "-iterations", 1)
    (blobs,) = [line for line in lines if "Memory of blobs" in line]
    (weights,) = [line for line in lines if "Memory of weights" in line]
    data = 4 * (4 * 1440 + 4 * 12 + 4 + 1) / 2**20
    assert float(re.findall(r"([\d.]+) MiB data", blobs)[0]) == pytest.approx(data, rel=1e-3)
    # The second starts at the next multiple of 64 bytes.
    held = 4 * (12 * 1440 + 16) / 2**20
    assert float(re.findall(r"([\d.]+) MiB data", weights)[0]) == pytest.approx(held, rel=1e-3)


def test_kernels_and_their_speed_are_told(pictures, caffe):
    _, lines = caffe("time", "-model", "net.prototxt", "-iterations", 1)
    text = "\n".join(lines)
    assert re.search(r"product of matrices runs at \d+ GFLOP/s", text)
    assert re.search(r"\] ip forward: \d+ GFLOP/s, \d+% of it \[.+\]", text)
    assert re.search(r"\] ip backward: \d+ GFLOP/s, \d+% of it \[.+\]", text)


def test_blobs_are_listed_by_size_on_demand(pictures, caffe):
    _, lines = caffe("time", "-model", "net.prototxt", "-iterations", 1, "-memory")
    sizes = [
        float(size) for line in lines for size in re.findall(r"\] +\w+\t([\d.e-]+) MiB \(", line)
    ]
    assert len(sizes) >= 3
    assert sizes == sorted(sizes, reverse=True)


def test_the_phase_can_be_chosen(pictures, caffe):
    _, lines = caffe("time", "-model", "net.prototxt", "-iterations", 1, "-phase", "TEST")
    assert any("accuracy\tforward" in line for line in lines)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "-model: a model definition is needed"),
        (["-model", "net.prototxt", "-iterations", 0], "-iterations: must be at least 1"),
        (["-model", "net.prototxt", "-phase", "TRIAN"], "phase.*TRIAN"),
    ],
)
def test_what_is_missing_or_wrong_is_named(pictures, caffe, words, message):
    status, lines = caffe("time", *words)
    assert status == 1
    assert re.search(f"^caffe.*: error: .*{message}", lines[-1])
