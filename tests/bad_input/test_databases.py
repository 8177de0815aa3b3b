"""Databases that are missing, empty, cut short, or hold something else."""

import re

import lmdb
import pytest

from cortado.proto.caffe_pb2 import Datum


@pytest.fixture
def from_db(refused):
    """from_db(name) -> the error of training from that database."""
    return lambda name: refused(net={'"db"': f'"{name}"'})


def test_a_missing_database(from_db):
    message = from_db("nowhere")
    assert message.startswith("layer 'data' (Data): data_param.source: no LMDB at 'nowhere' (")


def test_an_empty_folder(from_db, place):
    (place / "folder").mkdir()
    assert "no LMDB at 'folder'" in from_db("folder")


def test_a_file_that_is_no_database(from_db, place):
    assert "no LMDB at 'net.prototxt'" in from_db("net.prototxt")


def test_a_database_without_records(from_db, place):
    lmdb.open(str(place / "empty")).close()
    assert from_db("empty").endswith("data_param.source: the LMDB empty has no records")


@pytest.mark.parametrize("content", [b"", b"images\n" * 5000], ids=["nothing", "text"])
def test_a_data_mdb_that_is_none(from_db, place, content):
    (place / "odd").mkdir()
    (place / "odd/data.mdb").write_bytes(content)
    message = from_db("odd")
    assert "the LMDB 'odd' cannot be read: " in message
    assert message.endswith("it is truncated, damaged or no LMDB: copy or convert it again")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_data_mdb_cut_short(from_db, place, share):
    data = (place / "db/data.mdb").read_bytes()
    (place / "cut").mkdir()
    (place / "cut/data.mdb").write_bytes(data[: int(share * len(data))])
    assert re.search(
        "the LMDB 'cut' cannot be read: .* truncated, damaged or no LMDB", from_db("cut")
    )


GOOD = {"channels": 2, "height": 8, "width": 8, "label": 0}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (b"no Datum at all", "its 15 bytes are no Datum, or a truncated one"),
        (Datum(data=bytes(128), **GOOD).SerializeToString()[:70], "its 70 bytes are no Datum"),
        (b"", "its 0 bytes hold no image: they are no Datum, or an empty one"),
        (Datum(data=bytes(100), **GOOD), "its Datum holds 100 values, but is said to have chann"),
        (Datum(data=bytes(128), channels=-2, height=-8, width=8), "have channels -2, height -8"),
        (Datum(data=b"\xff\xd8 no jpeg", encoded=True), "10 bytes are no image that OpenCV can"),
        (
            Datum(data=bytes(98), channels=2, height=7, width=7),
            r"it becomes 2 x 7 x 7 \(channels, height, width\), but the batch is of size 2 x 8 x 8",
        ),
    ],
    ids=["text", "cut", "empty", "count", "negative", "encoded", "size"],
)
def test_a_record_that_is_none_is_named_by_its_key(from_db, write_db, record, message):
    write_db("spoiled", {6: record})
    found = from_db("spoiled")
    assert re.match(rf"layer 'data' \(Data\): record b'00000006' of spoiled: .*{message}", found)


def test_a_first_record_that_is_none_is_named_as_well(from_db, write_db):
    write_db("spoiled", {0: b"no Datum at all"})
    assert "record b'00000000' of spoiled: its 15 bytes are no Datum" in from_db("spoiled")


def test_a_database_of_the_other_kind_is_read_with_a_warning(train):
    status, lines = train(net={"LMDB": "LEVELDB"})
    assert status == 0
    assert "db.cpp:12] db is a database of backend lmdb, not leveldb" in lines
