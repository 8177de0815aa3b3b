import shutil
from pathlib import Path

import numpy as np
import pytest

from cortado.data.db_writer import DatabaseWriter
from cortado.proto import read_mean
from cortado.proto.caffe_pb2 import BlobProto, Datum
from cortado.tools import compute_image_mean
from cortado.tools.cli import main

GOLDENS = Path(__file__).parents[1] / "goldens/tools"


@pytest.fixture
def write(tmp_path):
    """write(*datums, backend) -> path of a database that holds them."""

    def run(*datums, backend="lmdb"):
        with DatabaseWriter(tmp_path / "db", backend) as database:
            for number, datum in enumerate(datums):
                database.put(f"{number:08}".encode(), datum.SerializeToString())
        return str(tmp_path / "db")

    return run


def datum(values, shape=(2, 1, 2)):
    c, h, w = shape
    return Datum(channels=c, height=h, width=w, data=bytes(values))


def test_the_file_is_that_of_caffe(tmp_path, capsys):
    database = shutil.copytree(GOLDENS / "resized.lmdb", tmp_path / "db")
    assert main(["compute_image_mean", str(database), str(tmp_path / "mean")]) == 0
    ours, theirs = (
        BlobProto.FromString(path.read_bytes())
        for path in (tmp_path / "mean", GOLDENS / "mean.binaryproto")
    )
    assert ours == theirs
    assert not ours.HasField("shape")
    log = capsys.readouterr().err
    assert "compute_image_mean.cpp:101] Processed 12 files." in log
    assert f"compute_image_mean.cpp:108] Write to {tmp_path}/mean" in log


def test_channel_means_are_logged_and_the_file_is_optional(write, tmp_path, capsys):
    path = write(datum([0, 1, 20, 30]), datum([2, 3, 0, 255]), datum([1, 1, 1, 1]))
    assert main(["compute_image_mean", path]) == 0
    log = [line.partition("] ")[2] for line in capsys.readouterr().err.splitlines()]
    assert log[-5:] == [
        "Starting iteration",
        "Processed 3 files.",
        "Number of channels: 2",
        "mean_value channel [0]: 1.33333",
        "mean_value channel [1]: 51.1667",
    ]
    assert [entry.name for entry in tmp_path.iterdir()] == ["db"]


def test_leveldb_and_floats(write, tmp_path):
    pytest.importorskip("plyvel")
    floats = [Datum(channels=1, height=1, width=2, float_data=[n, -n]) for n in (0.5, 1.0)]
    path = write(*floats, backend="leveldb")
    assert main(["compute_image_mean", "-backend", "leveldb", path, str(tmp_path / "mean")]) == 0
    np.testing.assert_array_equal(read_mean(tmp_path / "mean"), [[[[0.75, -0.75]]]])


def test_encoded_images_are_decoded(tmp_path, capsys):
    database = shutil.copytree(GOLDENS / "encoded.lmdb", tmp_path / "db")
    assert main(["compute_image_mean", str(database), str(tmp_path / "mean")]) == 0
    assert "compute_image_mean.cpp:57] Decoding Datum" in capsys.readouterr().err
    assert read_mean(tmp_path / "mean").shape == (1, 3, 20, 20)


def test_progress_is_told_in_between(write, monkeypatch, capsys):
    monkeypatch.setattr(compute_image_mean, "_REPORT", 2)
    assert main(["compute_image_mean", write(*[datum([1, 2, 3, 4])] * 4)]) == 0
    assert [
        line.split()[-2] for line in capsys.readouterr().err.splitlines() if "Proc" in line
    ] == [
        "2",
        "4",
    ]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (datum([1, 2, 3, 4], (1, 2, 2)), "has shape (1, 2, 2), the ones before it (2, 1, 2)"),
        (datum([1, 2, 3]), "holds 3 values"),
        (Datum(data=b"no image", encoded=True), "no image that OpenCV can decode"),
    ],
)
def test_a_bad_record_is_named(write, tmp_path, capsys, bad, message):
    path = write(datum([1, 2, 3, 4]), bad)
    assert main(["compute_image_mean", path, str(tmp_path / "mean")]) == 1
    error = capsys.readouterr().err
    assert "record b'00000001' of" in error
    assert message in error
    assert not (tmp_path / "mean").exists()


def test_a_database_that_is_not_there(capsys):
    assert main(["compute_image_mean", "/nowhere/db"]) == 1
    assert "no LMDB at '/nowhere/db'" in capsys.readouterr().err
