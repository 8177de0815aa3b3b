import pytest

from cortado.core import log
from cortado.data.backend import open_source
from cortado.data.db_writer import DatabaseWriter
from cortado.proto import ConfigError


@pytest.fixture
def warnings(monkeypatch):
    """What is logged as a warning, in a list."""
    logged = []
    monkeypatch.setattr(log, "warning", lambda source, message: logged.append(message))
    return logged


def write(path, backend):
    with DatabaseWriter(path, backend) as database:
        database.put(b"k", b"v")
    return path


@pytest.mark.parametrize("backend", ["lmdb", "leveldb"])
def test_either_backend_is_opened_by_name(tmp_path, warnings, backend):
    if backend == "leveldb":
        pytest.importorskip("plyvel", reason="LevelDB needs the extra package plyvel")
    source = open_source(write(tmp_path / "db", backend), backend)
    assert list(source.one_round()) == [(b"k", b"v")]
    assert not warnings


def test_an_lmdb_called_leveldb_is_opened_with_a_warning(tmp_path, warnings):
    source = open_source(write(tmp_path / "db", "lmdb"), "leveldb")
    assert list(source.one_round()) == [(b"k", b"v")]
    assert warnings == [f"{tmp_path / 'db'} is a database of backend lmdb, not leveldb"]


def test_a_missing_database_is_looked_for_where_the_backend_says(tmp_path):
    with pytest.raises(ConfigError, match="no LMDB at"):
        open_source(tmp_path / "nowhere", "lmdb")


def test_an_unknown_backend_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="backend: 'mysql' is neither 'lmdb' nor 'leveldb'"):
        open_source(tmp_path, "mysql")


def test_opening_is_logged_as_caffe_logs_it(tmp_path, monkeypatch):
    path = write(tmp_path / "db", "lmdb")
    lines = []
    monkeypatch.setattr(log, "info", lambda *line: lines.append(line))
    records = open_source(path, "lmdb").records()
    next(records)
    next(records)
    assert lines == [
        ("db_lmdb.cpp:35", f"Opened lmdb {path}"),
        ("data_layer.cpp:73", "Restarting data prefetching from start."),
    ]
