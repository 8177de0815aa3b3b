import csv

import cv2
import h5py
import numpy as np
import pytest

from cortado.tools.cli import main
from cortado.tools.detect import cut


@pytest.fixture
def windows(averaging):
    """in.csv: the left and the right half of an image, which is bright on the right."""
    image = np.zeros((10, 20, 3), np.uint8)
    image[:, 10:] = 200, 100, 50
    cv2.imwrite("x.png", image)
    with open("in.csv", "w") as file:
        file.write("filename,ymin,xmin,ymax,xmax\nx.png,0,0,10,10\nx.png,0,10,10,20\n")
    return averaging


def test_windows_are_scored_in_order(windows, capsys):
    assert main(["detect", "in.csv", "out.csv", *windows, "--context_pad", "0"]) == 0
    assert "Processed 2 windows in " in capsys.readouterr().out
    with open("out.csv") as file:
        rows = list(csv.reader(file))
    names = ["filename", "ymin", "xmin", "ymax", "xmax", "class0", "class1", "class2"]
    assert rows[0] == names
    assert [row[:5] for row in rows[1:]] == [
        ["x.png", "0", "0", "10", "10"],
        ["x.png", "0", "10", "10", "20"],
    ]
    scores = [[float(value) for value in row[5:]] for row in rows[1:]]
    np.testing.assert_allclose(scores, [[0, 0, 0], [200, 100, 50]], atol=1e-4)


def test_hdf5_holds_windows_and_scores(windows):
    assert main(["detect", "in.csv", "out.h5", *windows, "--context_pad", "1"]) == 0
    with h5py.File("out.h5") as file:
        assert file["filename"][...].tolist() == [b"x.png", b"x.png"]
        assert file["window"][...].tolist() == [[0, 0, 10, 10], [0, 10, 10, 20]]
        # Of the second window's 4 columns the first is context, and so dark; the last is empty.
        np.testing.assert_allclose(file["prediction"][1], np.array([200, 100, 50]) / 4, rtol=0.2)


def test_context_is_what_lies_around_and_the_mean_beyond_the_image():
    image = np.arange(1.0, 37).reshape(6, 6, 1)
    empty = np.full((4, 4, 1), -1.0)
    # The window takes 2 of 4 rows, so its context is as wide as half of it.
    inner = cut(image, (2, 2, 4, 4), 1, empty)
    np.testing.assert_array_equal(inner[:, :, 0], image[1:5, 1:5, 0])
    corner = cut(image, (0, 0, 2, 2), 1, empty)
    np.testing.assert_array_equal(corner[1:, 1:, 0], image[:3, :3, 0])
    assert (corner[0] == -1).all()
    assert (corner[:, 0] == -1).all()


def test_without_context_the_window_is_all():
    image = np.arange(36.0).reshape(6, 6, 1)
    np.testing.assert_array_equal(cut(image, (1, 2, 3, 5), 0, image), image[1:3, 2:5])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["in.csv", "out.npy"], "out.npy: scores are written as .csv or .h5"),
        (["gone.csv", "out.csv"], "no such file: gone.csv"),
        (["wide.csv", "out.csv"], "line 3: the window (0, 10) to (10, 21) does not lie in x.png"),
        (["text.csv", "out.csv"], "text.csv:2: a corner of the window is no number"),
        (["deploy.prototxt", "out.csv"], "deploy.prototxt: has no column filename, xmax"),
        (["empty.csv", "out.csv"], "empty.csv: names no window"),
        (["in.csv", "out.csv", "--context_pad", "2"], "-context_pad: 2 leaves nothing"),
        (["in.csv", "out.csv", "--crop_mode", "selective_search"], "-crop_mode: selective_search"),
    ],
)
def test_what_is_missing_or_wrong_is_named(windows, tmp_path, capsys, words, message):
    lines = (tmp_path / "in.csv").read_text()
    (tmp_path / "wide.csv").write_text(lines.replace(",20", ",21"))
    (tmp_path / "text.csv").write_text(lines.replace("0,0,10", "0,x,10"))
    (tmp_path / "empty.csv").write_text(lines.splitlines()[0])
    defaults = ["--context_pad", "1"] if len(words) == 2 else []
    assert main(["detect", *words[:2], *windows, *defaults, *words[2:]]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"caffe: error: {message}")
