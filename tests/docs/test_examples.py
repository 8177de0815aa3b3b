"""The scripts in docs/examples run, alone and from anywhere, and do what they say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import matplotlib
import pytest

EXAMPLES = Path(__file__).parents[2] / "docs/examples"
SHARED = {"digits"}
# Small nets on many threads wait for each other more than they compute.
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


@pytest.fixture
def run(tmp_path):
    """run("deep_dream", ...) -> what it printed."""

    def run_example(name, *words):
        done = subprocess.run(
            [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py"), *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=ENVIRONMENT,
        )
        assert done.returncode == 0, done.stderr
        assert not done.stderr
        return done.stdout

    return run_example


def numbers(pattern, text):
    return [float(number) for number in re.findall(pattern, text)]


def test_classification(run):
    alone, centre, crops = numbers(r"accuracy ([\d.]+)", run("classification"))
    assert alone > 0.95
    assert centre == alone
    assert crops > 0.5


def test_net_surgery(run):
    text = run("net_surgery")
    along, digits = (numbers(r"\d+", line) for line in text.splitlines()[2:4])
    assert len(along) == 7
    assert sum(a == b for a, b in zip(along[::2], digits, strict=True)) >= 3
    assert numbers(r"differ by (\S+)", text)[0] < 1e-5


def test_lenet_netspec(run):
    text = run("lenet_netspec")
    losses, accuracies = numbers(r"loss ([\d.]+)", text), numbers(r"accuracy ([\d.]+)", text)
    assert losses[-1] < 0.1 * losses[0]
    assert accuracies[-1] > 0.95


def test_python_loss(run):
    text = run("python_loss")
    losses = numbers(r"loss ([\d.]+)", text)
    assert losses[-1] < losses[0]
    assert numbers(r"accuracy ([\d.]+)", text)[0] > 0.9


def test_multilabel_data(run):
    accuracies = numbers(r"(?:odd|more|loop): ([\d.]+)", run("multilabel_data"))
    assert len(accuracies) == 9
    assert min(accuracies[-3:]) > 0.93


def test_deep_dream(run, tmp_path):
    text = run("deep_dream", "dream.png")
    pairs = list(zip(numbers(r"from ([\d.]+)", text), numbers(r"to ([\d.]+)", text), strict=True))
    assert len(pairs) == 11
    assert all(after > before for before, after in pairs)
    assert min(after for _, after in pairs) > 0.9
    assert cv2.imread(str(tmp_path / "dream.png")).shape == (64, 11 * 64, 3)


def test_merge_batchnorm(run):
    text = run("merge_batchnorm")
    assert "layers: 13 before, 9 after" in text
    assert numbers(r"differ by (\S+)", text)[0] < 1e-5
    assert numbers(r"accuracy ([\d.]+)", text)[0] > 0.9


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ssd_shapes(run, tmp_path):
    precisions = numbers(r"mAP ([\d.]+)", run("ssd_shapes", "--picture", "found.png"))
    print("mean average precision:", precisions)
    assert precisions[-1] > 0.8
    assert cv2.imread(str(tmp_path / "found.png")).shape == (4 * 64, 5 * 64, 3)


def test_ssd_shapes_in_a_few_iterations(run):
    text = run("ssd_shapes", "--iterations", "8")
    (loss,), (precision,) = numbers(r"loss ([\d.]+)", text), numbers(r"mAP ([\d.]+)", text)
    assert 0 < loss < 20
    assert 0 <= precision <= 1


def test_mtcnn(run, tmp_path):
    weights = EXAMPLES / "../../../shared/models/mtcnn"
    if not weights.exists():
        pytest.skip("needs ../shared/models/mtcnn")
    photograph = Path(matplotlib.get_data_path()) / "sample_data/grace_hopper.jpg"
    text = run("mtcnn", str(weights.resolve()), str(photograph), "faces.png")
    assert numbers(r"-Net: (\d+)", text)[-1] == 1
    found = [
        float(number) for number in re.findall(r"face (.+)", text)[0].replace("at", "").split()
    ]
    assert found[0] > 0.99
    assert found[1:] == pytest.approx([172, 110, 353, 332], abs=6)
    picture, original = cv2.imread(str(tmp_path / "faces.png")), cv2.imread(str(photograph))
    assert picture.shape == original.shape
    assert (picture != original).any()


def test_every_example_has_a_test_and_a_line():
    names = {path.stem for path in EXAMPLES.glob("*.py")} - SHARED
    assert {name.removeprefix("test_") for name in globals() if name.startswith("test_")} >= names
    readme = (EXAMPLES / "README.md").read_text()
    assert set(re.findall(r"\[(\w+)\.py\]", readme)) == names
