import os
from itertools import islice

import lmdb
import pytest

from cortado.data.lmdb_source import LMDBSource
from cortado.proto import ConfigError


@pytest.fixture
def database(tmp_path):
    """Five records, k0 to k4, written out of order, with values of several pages."""
    with lmdb.open(str(tmp_path / "db")) as env, env.begin(write=True) as transaction:
        for i in (3, 0, 4, 1, 2):
            transaction.put(f"k{i}".encode(), bytes([i]) * 10_000)
    return tmp_path / "db"


def keys(records, count):
    return [key.decode() for key, _ in islice(records, count)]


def test_one_round_is_in_key_order(database):
    source = LMDBSource(database)
    assert len(source) == 5
    assert keys(source.one_round(), 9) == ["k0", "k1", "k2", "k3", "k4"]
    assert [value[:1] for _, value in source.one_round()] == [b"\0", b"\1", b"\2", b"\3", b"\4"]


def test_one_round_may_start_later(database):
    assert keys(LMDBSource(database).one_round(3), 9) == ["k3", "k4"]
    assert keys(LMDBSource(database).one_round(5), 9) == []


def test_records_go_round_and_round_from_any_number(database):
    source = LMDBSource(database)
    assert keys(source.records(), 7) == ["k0", "k1", "k2", "k3", "k4", "k0", "k1"]
    assert keys(source.records(13), 3) == ["k3", "k4", "k0"]


def test_two_sources_may_share_a_file_until_both_are_closed(database):
    first, second = LMDBSource(database), LMDBSource(database / ".." / "db")
    first.close()
    assert keys(second.one_round(), 1) == ["k0"]
    second.close()
    lmdb.open(str(database)).close()  # lmdb refuses while it is open


def test_a_closed_source_cannot_be_read(database):
    source = LMDBSource(database)
    source.close()
    with pytest.raises(ValueError, match="was closed"):
        next(source.one_round())


def test_a_record_is_described_by_key_and_path(database):
    assert LMDBSource(database).describe(b"k1") == f"record b'k1' of {database}"


def test_missing_path_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no LMDB at .*nowhere.*data.mdb.*working directory"):
        LMDBSource(tmp_path / "nowhere")


def test_an_empty_database_is_refused(tmp_path):
    lmdb.open(str(tmp_path / "db")).close()
    with pytest.raises(ConfigError, match="the LMDB .*db has no records"):
        LMDBSource(tmp_path / "db")


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_truncated_file_is_refused_before_it_is_read(database, kept):
    file = database / "data.mdb"
    os.truncate(file, int(file.stat().st_size * kept))
    with pytest.raises(ConfigError, match=r"db' cannot be read: data.mdb has .* need .*truncated"):
        LMDBSource(database)


@pytest.mark.parametrize("content", [b"", b"not a database " * 1000])
def test_a_file_that_is_no_lmdb_is_refused(tmp_path, content):
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "data.mdb").write_bytes(content)
    with pytest.raises(ConfigError, match="db' cannot be read: .*no LMDB"):
        LMDBSource(tmp_path / "db")


def test_a_damaged_page_is_named(database):
    source_file = database / "data.mdb"
    with lmdb.open(str(database), readonly=True, lock=False) as env:
        page = env.stat()["psize"]
    # The two pages at the start say where the tree is; all others are overwritten.
    damaged = source_file.read_bytes()[: 2 * page]
    source_file.write_bytes(damaged + b"\0" * (source_file.stat().st_size - 2 * page))
    with pytest.raises(ConfigError, match="db' cannot be read"):
        list(LMDBSource(database).one_round())
