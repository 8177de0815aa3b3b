import json

import pytest

from cortado.kernels.cudnn import Choices


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "choices.json"


def test_what_was_put_is_read_by_the_next(path):
    Choices(path).put("graph", "eng1")
    assert Choices(path).get("graph") == "eng1"
    assert Choices(path).get("other") is None


@pytest.mark.parametrize("broken", [b"", b"{", b"[1]", b"\xff\xfe", b'{"graph": 3}'])
def test_a_broken_file_is_ignored_and_rewritten(path, broken):
    path.parent.mkdir()
    path.write_bytes(broken)
    choices = Choices(path)
    assert choices.get("graph") is None
    choices.put("graph", "eng1")
    assert json.loads(path.read_text()) == {"graph": "eng1"}


def test_two_processes_keep_each_others_choices(path):
    ours, theirs = Choices(path), Choices(path)
    ours.put("a", "eng1")
    theirs.put("b", "eng2")
    assert Choices(path).get("a") == "eng1"
    assert Choices(path).get("b") == "eng2"


def test_a_write_that_fails_leaves_the_old_file_and_no_other(path, monkeypatch):
    choices = Choices(path)
    choices.put("a", "eng1")

    def full(*arguments):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", full)
    choices.put("b", "eng2")
    assert json.loads(path.read_text()) == {"a": "eng1"}
    assert list(path.parent.iterdir()) == [path]
    assert choices.get("b") == "eng2"


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    choices = Choices(tmp_path / "file" / "choices.json")
    choices.put("a", "eng1")
    assert choices.get("a") == "eng1"


def test_the_file_is_of_a_version_and_a_device(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = Choices.of("9.28.1", "NVIDIA H100/80GB").path
    assert path == tmp_path / "cortado" / "cudnn" / "9.28.1-NVIDIA-H100-80GB.json"


def test_without_a_cache_home_it_is_in_the_home(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Choices.of("9", "x").path == tmp_path / ".cache" / "cortado" / "cudnn" / "9-x.json"
