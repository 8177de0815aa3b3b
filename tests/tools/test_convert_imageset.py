import shutil
from pathlib import Path

import cv2
import lmdb
import numpy as np
import pytest

from cortado.proto.caffe_pb2 import Datum
from cortado.tools.cli import main

GOLDENS = Path(__file__).parents[1] / "goldens/tools"
IMAGES = f"{GOLDENS}/images/"


@pytest.fixture
def convert(tmp_path, capsys):
    """convert(*words) -> exit status, what was logged, the database's path."""

    def run(*words, images=IMAGES, list_file=GOLDENS / "list.txt"):
        database = tmp_path / "made_lmdb"
        words = map(str, (*words, images, list_file, database))
        status = main(["convert_imageset", *words])
        return status, capsys.readouterr().err, database

    return run


@pytest.fixture
def write_list(tmp_path):
    def write(text):
        path = tmp_path / "list.txt"
        path.write_text(text)
        return path

    return write


def records(path):
    with lmdb.open(str(path), readonly=True, lock=False) as env, env.begin() as transaction:
        return [(bytes(key), bytes(value)) for key, value in transaction.cursor()]


@pytest.mark.parametrize(
    ("golden", "flags"),
    [
        ("original", ["-encoded"]),
        ("gray", ["-gray", "-resize_width=16", "--resize_height", "16"]),
        ("resized", ["-resize_height=20", "-resize_width=24", "-check_size"]),
    ],
)
def test_records_are_those_of_caffe(convert, golden, flags):
    status, log, database = convert(*flags)
    assert status == 0
    assert records(database) == records(GOLDENS / f"{golden}.lmdb")
    assert [line.partition(" ")[2].split(" ", 2)[2] for line in log.splitlines()] == [
        "convert_imageset.cpp:89] A total of 12 images.",
        f"db_lmdb.cpp:35] Opened lmdb {database}",
        "convert_imageset.cpp:153] Processed 12 files.",
    ]


def test_encoded_images_decode_to_those_of_caffe(convert):
    """Compared as pixels: what bytes a PNG has depends on the release of zlib."""
    status, log, database = convert("-encode_type=png", "-resize_height=20", "-resize_width=20")
    assert status == 0
    assert "encode_type specified, assuming encoded=true." in log
    golden = records(GOLDENS / "encoded.lmdb")
    for (key, value), (golden_key, golden_value) in zip(records(database), golden, strict=True):
        ours, theirs = Datum.FromString(value), Datum.FromString(golden_value)
        assert (key, ours.label, ours.encoded) == (golden_key, theirs.label, True)
        np.testing.assert_array_equal(decoded(ours), decoded(theirs))


def decoded(datum):
    return cv2.imdecode(np.frombuffer(datum.data, np.uint8), cv2.IMREAD_UNCHANGED)


def test_leveldb(tmp_path, capsys):
    plyvel = pytest.importorskip("plyvel")
    words = ["-backend", "leveldb", "-encoded", IMAGES, str(GOLDENS / "list.txt")]
    assert main(["convert_imageset", *words, str(tmp_path / "made")]) == 0
    database = plyvel.DB(str(tmp_path / "made"))
    assert list(database) == records(GOLDENS / "original.lmdb")
    database.close()


def test_shuffle_changes_the_order_and_nothing_else(convert):
    status, log, database = convert("-shuffle", "-encoded")
    assert status == 0
    assert "Shuffling data" in log
    keys = [key for key, _ in records(database)]
    assert [key[:8] for key in keys] == [f"{n:08}".encode() for n in range(12)]
    stored = sorted(Datum.FromString(value).data for _, value in records(database))
    golden = sorted(Datum.FromString(v).data for _, v in records(GOLDENS / "original.lmdb"))
    assert stored == golden


def test_unreadable_images_are_left_out_and_leave_their_number(convert, write_list):
    list_file = write_list("00.png 5\nmissing.png 1\n\n01.png -1\n")
    status, log, database = convert("-encoded", list_file=list_file)
    assert status == 0
    assert f"io.cpp:80] Could not open or find file {IMAGES}missing.png" in log
    assert "Processed 2 files." in log
    found = [(key, Datum.FromString(value).label) for key, value in records(database)]
    assert found == [(b"00000000_00.png", 5), (b"00000002_01.png", -1)]


def test_files_that_are_no_images_are_left_out(convert, tmp_path):
    shutil.copy(GOLDENS / "images/00.png", tmp_path / "a b.png")
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "empty.png").touch()
    (tmp_path / "list.txt").write_text("text.png 0\nempty.png 0\na b.png 1\n")
    status, log, database = convert(images=f"{tmp_path}/", list_file=tmp_path / "list.txt")
    assert status == 0
    assert log.count("Could not open or find file") == 2
    assert [key for key, _ in records(database)] == [b"00000002_a b.png"]


def test_no_readable_image_at_all(convert):
    status, log, database = convert(images=IMAGES.rstrip("/"))
    assert status == 1
    assert "none of the images" in log
    assert "images00.png'; does ROOTFOLDER/ end in a slash?" in log
    assert not database.exists()


def test_an_existing_database_is_kept(convert):
    _, _, database = convert("-encoded")
    before = records(database)
    status, log, _ = convert("-gray")
    assert status == 1
    assert "made_lmdb' exists already; remove it or write the database somewhere else" in log
    assert records(database) == before


def test_check_size_names_the_image(convert, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((4, 5, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "b.png"), np.zeros((5, 4, 3), np.uint8))
    (tmp_path / "list.txt").write_text("a.png 0\nb.png 1\n")
    where = {"images": f"{tmp_path}/", "list_file": tmp_path / "list.txt"}
    status, log, database = convert("-check_size", **where)
    assert status == 1
    assert "'b.png' has shape (5, 4, 3), the images before it (4, 5, 3)" in log
    assert list(tmp_path.glob("made_lmdb*")) == []
    assert convert(**where)[0] == 0


def test_jpeg_is_kept_as_jpg(convert, tmp_path):
    cv2.imwrite(str(tmp_path / "a.JPEG"), np.zeros((4, 5, 3), np.uint8))
    (tmp_path / "list.txt").write_text("a.JPEG 0\n")
    where = {"images": f"{tmp_path}/", "list_file": tmp_path / "list.txt"}
    _, _, database = convert("-gray", "-encode_type", "jpg", **where)
    [(_, value)] = records(database)
    assert Datum.FromString(value).data == (tmp_path / "a.JPEG").read_bytes()


def test_one_side_alone_does_not_resize(convert):
    status, log, database = convert("-resize_width=20")
    assert status == 0
    assert "Images keep their size: only one side is given." in log
    assert Datum.FromString(records(database)[0][1]).width == 35


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("00.png", "list.txt:2: expected a path, a space and an integer label, found '00.png'"),
        ("00.png cat", "found '00.png cat'"),
    ],
)
def test_lines_without_label(convert, write_list, line, message):
    status, log, _ = convert(list_file=write_list(f"01.png 0\n{line}\n"))
    assert status == 1
    assert message in log


@pytest.mark.parametrize(
    ("flags", "name", "message"),
    [
        (["-encode_type", "tape"], "00.png", "00.png' cannot be encoded as 'tape'"),
        (["-encoded"], "no_extension", "the name 'no_extension' tells no format"),
        (["-backend", "mysql"], "00.png", "invalid choice: 'mysql'"),
    ],
)
def test_wrong_flags(convert, write_list, flags, name, message):
    status, log, database = convert(*flags, list_file=write_list(f"{name} 0\n"))
    assert status == 1
    assert message in log
    assert not database.exists()
