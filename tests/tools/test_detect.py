import csv

import cv2
import h5py
import numpy as np
import pytest

from cortado.tools.cli import main


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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["in.csv", "out.npy"], "out.npy: scores are written as .csv or .h5"),
        (["gone.csv", "out.csv"], "no such file: gone.csv"),
        (["wide.csv", "out.csv"], "line 3: x.png: the window (0, 10) to (10, 21) does not lie"),
        (["text.csv", "out.csv"], "text.csv:2: a corner of the window is no number"),
        (["deploy.prototxt", "out.csv"], "deploy.prototxt: has no column filename, xmax"),
        (["empty.csv", "out.csv"], "empty.csv: names no window"),
        (["in.csv", "out.csv", "--context_pad", "2"], "-context_pad: 2 pixels on every side need"),
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
