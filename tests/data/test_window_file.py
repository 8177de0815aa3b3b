import pytest

from cortado.data.window_file import Window, read_window_file
from cortado.proto import ConfigError

GOOD = """# 0
a b.jpg
3
40
60
2
7 0.75 1 2 30 33
0 0.1 0 0 9 9
# 1
c.jpg
3
10
20
0
"""


def read(tmp_path, text, root=""):
    (tmp_path / "windows.txt").write_text(text)
    return read_window_file(tmp_path / "windows.txt", root)


def test_images_and_windows(tmp_path):
    file = read(tmp_path, GOOD, "root/")
    assert file.images == ["root/a b.jpg", "root/c.jpg"]
    assert file.windows == [
        Window("root/a b.jpg", 7, 0.75, 1, 2, 30, 33),
        Window("root/a b.jpg", 0, 0.1, 0, 0, 9, 9),
    ]


@pytest.mark.parametrize(
    ("found", "replaced", "message"),
    [
        ("# 1", "% 1", r":9: expected '# <number>', found '% 1'"),
        ("# 1", "#", r":9: expected '# <number>', found '#'"),
        ("40", "forty", r":4: expected the height of the image, found 'forty'"),
        ("60\n2", "60\n3", r":9: expected 'class overlap x1 y1 x2 y2', found '# 1'"),
        ("30 33", "30", r":7: expected 'class overlap x1 y1 x2 y2', found '7 0.75 1 2 30'"),
        ("\n3\n40", "\n1\n40", r":3: channels must be 3"),
        ("20\n0\n", "20\n", r":13: the file ends here; expected the number of windows"),
    ],
)
def test_what_should_not_be_there_is_named(tmp_path, found, replaced, message):
    with pytest.raises(ConfigError, match=r"windows\.txt" + message):
        read(tmp_path, GOOD.replace(found, replaced, 1))


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"windows\.txt: the window file is empty"):
        read(tmp_path, "\n")
