import pytest

from cortado.data.pair_list import read_pair_list
from cortado.proto import ConfigError


def test_a_line_names_two_files(tmp_path):
    (tmp_path / "list").write_text("a.png  b.png\n\n c/d.jpg\te.png \n")
    assert read_pair_list(tmp_path / "list") == [("a.png", "b.png"), ("c/d.jpg", "e.png")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b\nc\n", "list:2: expected the paths of an image and of its label map, .*found 'c'"),
        ("a b c\n", "list:1: expected the paths"),
        ("\n", "list: the list is empty; expected lines of two paths"),
    ],
)
def test_other_lines_are_named(tmp_path, text, message):
    (tmp_path / "list").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_pair_list(tmp_path / "list")
