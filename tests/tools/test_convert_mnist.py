import gzip
import re
from pathlib import Path

import lmdb
import numpy as np
import pytest

from cortado.proto.caffe_pb2 import Datum
from cortado.tools.cli import main

DIGITS = Path(__file__).parents[2] / "models/digits"


def idx(array, magic=None):
    array = np.asarray(array, np.uint8)
    numbers = [magic or 0x800 | array.ndim, *array.shape]
    return b"".join(n.to_bytes(4, "big") for n in numbers) + array.tobytes()


IMAGES = idx(np.arange(24).reshape(3, 2, 4))
LABELS = idx([7, 200, 0])


@pytest.fixture
def convert(tmp_path, capsys):
    """convert(images, labels, *flags) -> exit status, log, database; files are given as bytes."""

    def run(images, labels, *flags):
        paths = [tmp_path / "images", tmp_path / "labels"]
        for path, data in zip(paths, (images, labels), strict=True):
            path.write_bytes(data)
        status = main(["convert_mnist", *map(str, paths), *flags, str(tmp_path / "made")])
        return status, capsys.readouterr().err, tmp_path / "made"

    return run


def records(path):
    with lmdb.open(str(path), readonly=True, lock=False) as env, env.begin() as transaction:
        return [(key.decode(), Datum.FromString(value)) for key, value in transaction.cursor()]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_records(convert, pack):
    status, log, database = convert(pack(IMAGES), pack(LABELS))
    assert status == 0
    assert "convert_mnist_data.cpp:88] A total of 3 items." in log
    assert "convert_mnist_data.cpp:89] Rows: 2 Cols: 4" in log
    assert "convert_mnist_data.cpp:108] Processed 3 files." in log
    found = records(database)
    assert [key for key, _ in found] == ["00000000", "00000001", "00000002"]
    assert [datum.label for _, datum in found] == [7, 200, 0]
    assert {(d.channels, d.height, d.width, d.encoded) for _, d in found} == {(1, 2, 4, False)}
    assert b"".join(datum.data for _, datum in found) == bytes(range(24))


def test_leveldb(convert):
    plyvel = pytest.importorskip("plyvel")
    status, _, path = convert(IMAGES, LABELS, "-backend=leveldb")
    assert status == 0
    database = plyvel.DB(str(path))
    assert [Datum.FromString(value).label for value in database.iterator(include_key=False)] == [
        7,
        200,
        0,
    ]
    database.close()


def test_the_digits_in_the_models_folder(tmp_path):
    files = [str(DIGITS / f"test-{kind}-ubyte.gz") for kind in ("images-idx3", "labels-idx1")]
    assert main(["convert_mnist", *files, str(tmp_path / "made")]) == 0
    found = records(tmp_path / "made")
    labels = [datum.label for _, datum in found]
    assert np.bincount(labels).tolist() == [36] * 10
    assert {(datum.height, datum.width) for _, datum in found} == {(8, 8)}


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (LABELS, LABELS, "images' holds no idx images: its magic number is 2049, that of labels"),
        (IMAGES, IMAGES, "labels' holds no idx labels: its magic number is 2051, that of images"),
        (b"P5 28 28", LABELS, "its magic number is 1345658930; it should be 2051"),
        (b"", LABELS, "its magic number is 0; it should be 2051"),
        (IMAGES[:-1], LABELS, "damaged: 3 x 2 x 4 images take 40 bytes, it has 39"),
        (IMAGES + b"x", LABELS, "take 40 bytes, it has 41"),
        (IMAGES[:7], LABELS, "it has 7"),
        (IMAGES, idx([1, 2]), "has 3 images, but .*labels' has 2 labels"),
        (gzip.compress(IMAGES, mtime=0)[:-9], LABELS, "images' is damaged: Compressed file ended"),
        (
            gzip.compress(IMAGES, mtime=0)[:-8] + bytes(8),
            LABELS,
            "images' is damaged: CRC check failed",
        ),
        (b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 20, LABELS, "images' is damaged: Error"),
    ],
)
def test_damaged_files(convert, images, labels, message):
    status, log, database = convert(images, labels)
    assert status == 1
    assert re.search(message, log)
    assert not database.exists()


def test_missing_file(tmp_path, capsys):
    assert main(["convert_mnist", "/nowhere/i", "/nowhere/l", str(tmp_path / "db")]) == 1
    assert "no such file: /nowhere/i" in capsys.readouterr().err
