import re
import subprocess
import sys

import pytest

from cortado.proto import ConfigError, write_file


def test_pieces_are_written_one_after_the_other(tmp_path):
    write_file(tmp_path / "a", [b"one", memoryview(b"two")])
    assert (tmp_path / "a").read_bytes() == b"onetwo"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_an_older_file_is_replaced(tmp_path):
    for text in (b"old and long", b"new"):
        write_file(tmp_path / "a", [text])
    assert (tmp_path / "a").read_bytes() == b"new"


def test_an_older_file_stays_when_writing_fails(tmp_path):
    def pieces():
        yield b"new"
        raise KeyboardInterrupt

    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        write_file(path, pieces())
    assert path.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_full_disk_is_an_error_with_file_and_cause(tmp_path):
    pytest.importorskip("resource", reason="needs limits on file sizes")
    path = tmp_path / "a"
    path.write_bytes(b"old")
    code = (
        "import resource, sys\n"
        "from cortado.proto import ConfigError, write_file\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_file(sys.argv[1], [bytes(10_000)])\n"
        "except ConfigError as problem:\n"
        "    print(problem)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert run.stdout == f"{path}: cannot be written: File too large\n", run.stderr
    assert path.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_missing_folder_is_an_error(tmp_path):
    path = tmp_path / "no" / "a"
    with pytest.raises(ConfigError, match=re.escape(f"{path}: cannot be written: No such file")):
        write_file(path, [b""])
