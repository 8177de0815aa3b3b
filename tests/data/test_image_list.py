import pytest

from cortado.data.image_list import read_image_list
from cortado.proto import ConfigError


def write(tmp_path, text):
    (tmp_path / "list.txt").write_bytes(text.encode())
    return tmp_path / "list.txt"


def test_the_last_space_separates_path_and_label(tmp_path):
    path = write(tmp_path, "a.jpg 3\n\nfolder with spaces/b c.png 12\r\nd.jpg -1")
    assert read_image_list(path) == [
        ("a.jpg", 3),
        ("folder with spaces/b c.png", 12),
        ("d.jpg", -1),
    ]


def test_names_need_not_be_utf8(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"caf\xe9.jpg 0\n")
    assert read_image_list(tmp_path / "list.txt")[0].path.encode("utf8", "surrogateescape") == (
        b"caf\xe9.jpg"
    )


@pytest.mark.parametrize("line", ["b.jpg", "b.jpg cat", "b.jpg\t1", "7", "b.jpg 1.5"])
def test_a_line_without_a_label_is_named(tmp_path, line):
    path = write(tmp_path, f"a.jpg 0\n{line}\n")
    with pytest.raises(ConfigError, match=r"list\.txt:2: .*expected a path, a space and") as error:
        read_image_list(path)
    assert repr(line) in str(error.value)


@pytest.mark.parametrize("text", ["", "\n  \n"])
def test_an_empty_list_is_refused(tmp_path, text):
    with pytest.raises(ConfigError, match=r"list\.txt: the list is empty"):
        read_image_list(write(tmp_path, text))


def test_a_missing_list_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"no such file: .*nowhere\.txt"):
        read_image_list(tmp_path / "nowhere.txt")
