import sys

import lmdb
import pytest

from cortado.data.db_writer import DatabaseWriter
from cortado.proto import ConfigError

RECORDS = [(f"{n:08}".encode(), bytes([n % 256]) * 3) for n in range(2500)]


def read_lmdb(path):
    with lmdb.open(str(path), readonly=True, lock=False) as env, env.begin() as transaction:
        return list(transaction.cursor())


def read_leveldb(path):
    import plyvel

    database = plyvel.DB(str(path))
    records = list(database)
    database.close()
    return records


READERS = {"lmdb": read_lmdb, "leveldb": read_leveldb}


@pytest.fixture(params=READERS)
def backend(request):
    if request.param == "leveldb":
        pytest.importorskip("plyvel")
    return request.param


def test_what_was_put_is_there(tmp_path, backend):
    with DatabaseWriter(tmp_path / "db", backend) as database:
        for key, value in RECORDS:
            database.put(key, value)
    assert READERS[backend](tmp_path / "db") == RECORDS
    assert [path.name for path in tmp_path.iterdir()] == ["db"]


def test_nothing_is_there_before_the_end(tmp_path, backend):
    with DatabaseWriter(tmp_path / "db", backend) as database:
        for key, value in RECORDS:
            database.put(key, value)
        assert not (tmp_path / "db").exists()


def test_an_exception_leaves_nothing(tmp_path, backend):
    def interrupted():
        with DatabaseWriter(tmp_path / "db", backend) as database:
            for key, value in RECORDS:
                database.put(key, value)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_attempt_left_is_replaced(tmp_path, backend):
    (tmp_path / "db.incomplete").mkdir()
    (tmp_path / "db.incomplete" / "data.mdb").write_text("half of it")
    with DatabaseWriter(tmp_path / "db", backend) as database:
        database.put(b"key", b"value")
    assert READERS[backend](tmp_path / "db") == [(b"key", b"value")]
    assert [path.name for path in tmp_path.iterdir()] == ["db"]


def test_records_do_not_pile_up_in_memory(tmp_path):
    with DatabaseWriter(tmp_path / "db") as database:
        for key, _ in RECORDS[:1000]:
            database.put(key, bytes(2000))
        assert (tmp_path / "db.incomplete/data.mdb").stat().st_size > 2_000_000


def test_an_lmdb_grows_beyond_its_first_map(tmp_path):
    """Its map has 10 MiB at first; the last batch alone needs it doubled twice."""
    value = bytes(50_000)
    with DatabaseWriter(tmp_path / "db") as database:
        for number in range(1100):
            database.put(f"{number:08}".encode(), value)
    records = read_lmdb(tmp_path / "db")
    assert len(records) == 1100
    assert all(found == value for _, found in records)


def test_an_existing_path_is_kept(tmp_path, backend):
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "precious").touch()
    with pytest.raises(ConfigError, match="db' exists already; remove it or"):
        DatabaseWriter(tmp_path / "db", backend)
    assert [path.name for path in tmp_path.rglob("*")] == ["db", "precious"]


def test_parent_folder_is_missing(tmp_path, backend):
    with pytest.raises(ConfigError, match="cannot make '.*no/db': '.*no' is not a folder"):
        DatabaseWriter(tmp_path / "no/db", backend)


def test_unknown_backend(tmp_path):
    with pytest.raises(ConfigError, match="backend: 'mysql' is neither 'lmdb' nor 'leveldb'"):
        DatabaseWriter(tmp_path / "db", "mysql")


def test_a_key_too_long_for_lmdb(tmp_path):
    def write():
        with DatabaseWriter(tmp_path / "db") as database:
            database.put(b"short", b"")
            database.put(b"x" * 512, b"")

    with pytest.raises(ConfigError, match=r"key b'x{512}' is longer than the 511 bytes"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_leveldb_without_plyvel(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "plyvel", None)
    with pytest.raises(ConfigError, match="pip install 'cortado\\[leveldb\\]'"):
        DatabaseWriter(tmp_path / "db", "leveldb")
