"""The commands of README.md do what it says, in its order, on the digits that come along."""

import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import lmdb
import numpy as np
import pytest

from cortado.proto import read_weights
from cortado.proto.caffe_pb2 import Datum

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
# The one runs this very test, the other changes the environment that the test runs in.
NOT_RUN = {"make test", ". .venv/bin/activate"}
TEST_DIGITS = 360


class Done(NamedTuple):
    """What a command printed, and the sums of the weights that lay in demo/ after it."""

    log: str
    weights: dict[str, str]

    @property
    def accuracy(self):
        return float(re.findall(r"accuracy (?:= )?([\d.]+)", self.log)[-1])


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with what the commands need of a checkout."""
    if not shutil.which("make"):
        pytest.skip("the first command of the README is make")
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "models", folder / "models")
    (folder / "installed").touch()
    return folder


@pytest.fixture(scope="module")
def done(root):
    """done(pattern) -> Done of the one command or Python block that has it; all are run once."""
    blocks = re.findall(r"^```(sh|python)\n(.*?)^```", README, re.M | re.S)
    results = {
        command: run(command, language, root)
        for language, block in blocks
        for command in (shell_commands(block) if language == "sh" else [block])
        if command not in NOT_RUN
    }

    def find(pattern):
        (found,) = [result for command, result in results.items() if re.search(pattern, command)]
        return found

    return find


def shell_commands(block):
    """The lines of a block; a here document belongs to the line that starts it."""
    return re.findall(r"^[^\n]*<<'end'\n.*?^end$|^[^\n]+$", block, re.M | re.S)


def run(command, language, folder):
    binaries = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",  # on busy cores, threads of such small nets wait for each other
        "MAKEFLAGS": f"BIN={binaries} INSTALLED=installed",  # what `make venv` would make
    }
    program = ["sh", "-ec", command] if language == "sh" else ["python", "-c", command]
    process = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True)
    log = process.stdout + process.stderr
    assert process.returncode == 0, f"{command}\n{log}"
    weights = (folder / "demo").glob("*.caffemodel")
    return Done(log, {path.name: sha256(path.read_bytes()).hexdigest() for path in weights})


def test_the_demo_tells_digits(done):
    assert done("make demo").accuracy >= 0.97


def test_help_lists_the_commands(done):
    assert "extract_features" in done("caffe help").log


def test_a_net_of_ones_own_tells_digits(done):
    assert done("caffe test").accuracy >= 0.97


def test_a_run_that_goes_on_from_a_snapshot_ends_at_the_same_weights(done):
    begun, resumed = done(r"-solver demo/solver.prototxt$"), done("-snapshot")
    assert resumed.weights == begun.weights


def test_fine_tuning_tells_odd_from_even(done):
    tuned = done("finetune_solver.prototxt -weights")
    assert "Ignoring source layer ip2" in tuned.log
    assert "parity_iter_200.caffemodel" in tuned.weights
    assert tuned.accuracy >= 0.97


def test_the_layers_of_a_net_are_summarized(done):
    assert "multiply-adds. Memory: " in done("caffe summarize").log


def test_nets_and_curves_and_filters_are_drawn(done, root):
    for pattern in ("draw_net", "-plot", "plot_training_log", "-filters"):
        done(pattern)
    assert (root / "demo/googlenet.svg").read_text().startswith(("<svg", "<?xml"))
    for name in ("run", "curves", "filters"):
        assert (root / f"demo/{name}.png").read_bytes().startswith(b"\x89PNG")


def test_a_log_becomes_tables(done, root):
    done("parse_log")
    assert len((root / "demo/run.log.train").read_text().splitlines()) == 1 + 8
    assert len((root / "demo/run.log.test").read_text().splitlines()) == 1 + 3


def test_a_database_of_features_has_a_record_for_each_digit(done, root):
    done("features_lmdb")
    with lmdb.open(str(root / "demo/features_lmdb"), readonly=True, lock=False) as environment:
        records = list(environment.begin().cursor())
    assert [key for key, _ in records] == [b"%010d" % i for i in range(TEST_DIGITS)]
    features = np.array([Datum.FromString(value).float_data for _, value in records])
    assert features.shape == (TEST_DIGITS, 64)
    assert (features.max(axis=1) > 0).all()


def test_archives_hold_blobs_in_their_shapes(done, root, read_archive):
    done("data.npz,demo/label.npz")
    assert read_archive(root / "demo/data.npz")["data"].shape == (TEST_DIGITS, 1, 8, 8)
    labels = read_archive(root / "demo/label.npz")["label"]
    assert np.bincount(labels.astype(int)).tolist() == [36] * 10


def test_a_model_leaves_as_onnx_and_is_checked(done, root):
    assert "largest difference" in done("export_onnx").log
    assert (root / "demo/digits.onnx").stat().st_size > 10000


def test_weights_go_out_and_come_back(done, root):
    done("import_weights")
    first, second = (
        {layer.name: layer.blobs for layer in read_weights(root / "demo" / name) if layer.blobs}
        for name in ("digits_iter_1000.caffemodel", "imported.caffemodel")
    )
    assert second.keys() == first.keys()
    for name, blobs in first.items():
        for one, other in zip(blobs, second[name], strict=True):
            np.testing.assert_array_equal(one, other)


def test_pycaffe_predicts(done):
    assert done("import caffe").accuracy >= 0.97


def test_cortado_trains_from_python(done):
    assert done("import cortado").accuracy >= 0.97
