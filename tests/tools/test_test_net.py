import re
from pathlib import Path

import pytest

REAL_LOG = Path(__file__).parents[1] / "goldens/tools/features/caffe_test.log"
NUMBER = r"-?\d+\.?\d*(?:e[-+]?\d+)?"
WEIGHTS = "features/w.caffemodel"


def test_the_log_is_that_of_caffe(pictures, caffe):
    """Line by line what `caffe test` of real Caffe printed, numbers to five digits.

    Left out are the lines that its data thread prints whenever it gets to them.
    """
    status, ours = caffe(
        *("test", "-model", "features/net.prototxt", "-weights", WEIGHTS, "-iterations", 3)
    )
    assert status == 0
    real = [
        re.sub(r"^[IWE]\d{8} [\d:.]+ +\d+ ", "", line) for line in REAL_LOG.read_text().splitlines()
    ]
    ours, real = ([line for line in lines if "prefetching" not in line] for lines in (ours, real))
    assert [re.sub(NUMBER, "N", line) for line in ours] == [
        re.sub(NUMBER, "N", line) for line in real
    ]
    for our_line, real_line in zip(ours, real, strict=True):
        our_numbers, real_numbers = (re.findall(NUMBER, line) for line in (our_line, real_line))
        for a, b in zip(our_numbers, real_numbers, strict=True):
            assert float(a) == pytest.approx(float(b), rel=2e-5, abs=1e-7), real_line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "-model: a model definition is needed"),
        (["-model", "net.prototxt"], "-weights: model weights are needed"),
        (["-model", "x", "-weights", WEIGHTS], "no such file: x"),
        (["-model", "net.prototxt", "-weights", "x"], "no such file: x"),
        (["-model", "net.prototxt", "-weights", WEIGHTS], r"layer 'ip' .*shape \(12, 1440\)"),
        (
            ["-model", "net.prototxt", "-weights", WEIGHTS, "-iterations", 0],
            "-iterations: must be at least 1, got 0",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_named(pictures, caffe, words, message):
    status, lines = caffe("test", *words)
    assert status == 1
    assert re.search(f"^caffe: error: .*{message}", lines[-1])
    assert not any("Traceback" in line for line in lines)
