import cv2
import numpy as np
import pytest

from cortado.proto import write_caffemodel, write_caffemodel_hdf5
from cortado.proto.caffe_pb2 import NetParameter
from cortado.tools.cli import main
from cortado.tools.filter_grid import filter_grid


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    net = NetParameter(name="n")
    for name, kind in (("ip", "InnerProduct"), ("conv", "Convolution"), ("more", "Convolution")):
        net.layer.add(name=name, type=kind)
    blobs = [
        [np.array([[1.0, 2, 3, 6]], "float32"), np.array([-0.5], "float32")],
        [rng.standard_normal((5, 3, 4, 4)).astype("float32")],
        [np.full((2, 5, 3, 3), np.inf, "float32")],
    ]
    write_caffemodel("w.caffemodel", net, blobs)
    write_caffemodel_hdf5("w.h5", net, blobs)


def test_every_blob_has_its_statistics(capsys):
    assert main(["show", "w.caffemodel"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["layer", "type", "blob", "shape", "mean", "std", "min", "max"]
    assert lines[1].split() == ["ip", "InnerProduct", "0", "1x4", "3", "1.871", "1", "6"]
    assert lines[2].split() == ["ip", "InnerProduct", "1", "1", "-0.5", "0", "-0.5", "-0.5"]
    assert lines[4].split()[4:] == ["inf", "nan", "inf", "inf"]
    assert lines[-1] == "3 layers, 4 blobs, 335 numbers"


@pytest.mark.parametrize("path", ["w.caffemodel", "w.h5"])
def test_filters_of_the_first_convolution_are_drawn(capsys, path):
    assert main(["show", path, "-filters", "out.png"]) == 0
    assert "Drew the 5 filters of conv to out.png" in capsys.readouterr().out
    # Three columns and two rows of 48 pixels each, and lines between.
    assert cv2.imread("out.png").shape == (2 * 50 + 2, 3 * 50 + 2, 3)


def test_colours_are_blue_green_red():
    filters = np.zeros((2, 3, 2, 2))
    filters[0, 0] = filters[1, 2] = 1
    picture = filter_grid(filters)
    assert picture[10, 10].tolist() == [255, 0, 0]
    assert picture[10, 60].tolist() == [0, 0, 255]
    assert picture[0, 0].tolist() == [255, 255, 255]


def test_other_numbers_of_channels_are_a_row_of_grey_tiles():
    filters = np.arange(2 * 4 * 3 * 3).reshape(2, 4, 3, 3)
    picture = filter_grid(filters)
    assert picture.shape == (2 * 5 + 2, 4 * 5 + 2)
    assert picture[2, 2] == 0
    assert picture[-3, -3] == 255
    assert filter_grid(filters[:, :1]).shape == (50 + 2, 100 + 2)


def test_filters_that_are_equal_or_no_numbers_are_drawn():
    assert filter_grid(np.ones((1, 1, 2, 2)))[10, 10] == 0
    assert filter_grid(np.array([np.nan, 1, 2, 3]).reshape(1, 1, 2, 2)).shape == (52, 52)
    assert main(["show", "w.h5", "-filters", "out.png", "-layer", "more"]) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gone"], "no such file: gone"),
        (["w.h5", "-filters", "out.jpg"], "out.jpg: filters are written as .png"),
        (["w.h5", "-filters", "x.png", "-layer", "cnv"], "-layer: w.h5 has no layer 'cnv'"),
        (["w.h5", "-filters", "x.png", "-layer", "ip"], "-filters: layer 'ip' has no filters"),
    ],
)
def test_what_is_missing_or_wrong_is_named(capsys, words, message):
    assert main(["show", *words]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"caffe: error: {message}")
