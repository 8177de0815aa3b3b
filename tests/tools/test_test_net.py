import re
from pathlib import Path

import pytest

REAL_LOG = Path(__file__).parents[1] / "goldens/tools/features/caffe_test.log"
NUMBER = r"-?\d+\.?\d*(?:e[-+]?\d+)?"
ANNOTATED = Path(__file__).parents[1] / "goldens/tools/annotated"
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


DETECTOR = """
layer {{ name: "data" type: "AnnotatedData" top: "data" top: "label" data_param {{
        source: "{folder}/same.lmdb" batch_size: 2 backend: LMDB }} }}
layer {{ name: "quiet" type: "Silence" bottom: "data" }}
layer {{ name: "found" type: "Slice" bottom: "label" top: "found" top: "rest"
        slice_param {{ axis: 3 slice_point: 7 }} }}
layer {{ name: "quieter" type: "Silence" bottom: "rest" }}
layer {{ name: "eval" type: "DetectionEvaluate" bottom: "found" bottom: "label"
        top: "detection_eval" detection_evaluate_param {{ num_classes: 9 }} }}
"""


def test_a_detector_is_scored_by_average_precision(pictures, tmp_path, caffe):
    """Its detections are the objects themselves, of three classes of eight."""
    (tmp_path / "net.prototxt").write_text(DETECTOR.format(folder=ANNOTATED))
    words = ("-model", tmp_path / "net.prototxt", "-weights", WEIGHTS)
    status, lines = caffe("test", *words, "-iterations", 3)
    assert status == 0, lines[-1]
    scores = [line.partition("] ")[2] for line in lines if line.startswith("caffe.cpp:321")]
    expected = [f"class{label}: {int(label < 4)}" for label in range(1, 9)]
    assert scores == [*expected, "detection_eval = 0.375"]
    status, lines = caffe("test", *words, "-ap_version", "best")
    assert status == 1
    assert "-ap_version: 'best' is none of 11point, MaxIntegral, Integral" in lines[-1]
