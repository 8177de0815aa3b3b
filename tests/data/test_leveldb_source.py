import sys
from itertools import islice

import pytest

from cortado.data.leveldb_source import LevelDBSource
from cortado.proto import ConfigError


@pytest.fixture
def database(tmp_path):
    """Three records, k0 to k2."""
    plyvel = pytest.importorskip("plyvel", reason="LevelDB needs the extra package plyvel")
    with plyvel.DB(str(tmp_path / "db"), create_if_missing=True) as db:
        for i in (2, 0, 1):
            db.put(f"k{i}".encode(), bytes([i]))
    return tmp_path / "db"


def keys(records, count):
    return [key.decode() for key, _ in islice(records, count)]


def test_records_go_round_and_round_from_any_number(database):
    source = LevelDBSource(database)
    assert len(source) == 3
    assert list(source.one_round()) == [(b"k0", b"\0"), (b"k1", b"\1"), (b"k2", b"\2")]
    assert keys(source.one_round(1), 9) == ["k1", "k2"]
    assert keys(source.one_round(3), 9) == []
    assert keys(source.records(), 4) == ["k0", "k1", "k2", "k0"]
    assert keys(source.records(7), 3) == ["k1", "k2", "k0"]


def test_two_sources_may_share_a_folder_until_both_are_closed(database):
    first, second = LevelDBSource(database), LevelDBSource(database)
    first.close()
    assert keys(second.one_round(), 1) == ["k0"]
    second.close()
    with pytest.raises(ValueError, match="was closed"):
        next(second.one_round())
    import plyvel

    plyvel.DB(str(database)).close()  # LevelDB refuses while it is open


def test_a_folder_locked_by_another_is_named(database):
    import plyvel

    with plyvel.DB(str(database)), pytest.raises(ConfigError, match="cannot be read: .*another"):
        LevelDBSource(database)


def test_a_damaged_database_is_named(database):
    (database / "CURRENT").write_text("nonsense\n")
    with pytest.raises(ConfigError, match="db' cannot be read: .*damaged"):
        LevelDBSource(database)


def test_missing_path_is_named(tmp_path):
    pytest.importorskip("plyvel", reason="LevelDB needs the extra package plyvel")
    with pytest.raises(ConfigError, match="no LevelDB at .*nowhere.*CURRENT.*working directory"):
        LevelDBSource(tmp_path / "nowhere")


def test_an_empty_database_is_refused(tmp_path):
    plyvel = pytest.importorskip("plyvel", reason="LevelDB needs the extra package plyvel")
    plyvel.DB(str(tmp_path / "db"), create_if_missing=True).close()
    with pytest.raises(ConfigError, match="the LevelDB .*db has no records"):
        LevelDBSource(tmp_path / "db")


def test_without_plyvel_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "plyvel", None)
    with pytest.raises(ConfigError, match=r"pip install 'cortado\[leveldb\]', or convert"):
        LevelDBSource(tmp_path)
