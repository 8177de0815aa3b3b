import csv

import cv2
import h5py
import numpy as np
import pytest

from cortado.proto import parse_net, write_caffemodel, write_mean
from cortado.tools.cli import main


@pytest.fixture
def colours(averaging):
    """blue.png (B 200, G 100, R 50), whose upper half is black."""
    image = np.zeros((8, 8, 3), np.uint8)
    image[4:] = 200, 100, 50
    cv2.imwrite("blue.png", image)
    cv2.imwrite("grey.png", np.full((8, 8, 3), 10, np.uint8))
    return averaging


def scores(words, output="out.npy"):
    assert main(["classify", *words[:1], output, *words[1:]]) == 0
    found = np.load(output)
    return found.reshape(len(found), -1)


def test_the_middle_is_scaled_and_its_channels_are_swapped(colours, capsys):
    found = scores(["blue.png", *colours, "--center_only", "--images_dim", "8,8"])
    np.testing.assert_allclose(found, [[100, 50, 25]], rtol=1e-5)
    captured = capsys.readouterr()
    assert captured.out.startswith("Classifying 1 inputs.\nDone in ")
    assert captured.out.endswith("Saving results into out.npy\n")
    assert captured.err == ""


def test_ten_crops_are_averaged(colours):
    # Two crops of 4 rows are black, two are not, and the middle is half of each; all twice.
    found = scores(["blue.png", *colours, "--images_dim", "8,8"])
    np.testing.assert_allclose(found, [[100, 50, 25]], rtol=1e-5)


def test_scales_mean_and_swap(colours):
    np.save("mean.npy", np.array([10.0, 20, 30]))
    flags = ["--raw_scale", "510", "--input_scale", "0.5", "--channel_swap", "0,1,2"]
    words = ["grey.png", *colours, "--mean_file", "mean.npy", *flags]
    np.testing.assert_allclose(scores(words), [[5, 0, -5]], atol=1e-5)


def test_a_mean_image_is_resized(colours):
    mean = np.zeros((3, 8, 8), "float32")
    mean[1] = 4
    write_mean("mean.binaryproto", mean)
    words = ["grey.png", *colours, "--mean_file", "mean.binaryproto"]
    np.testing.assert_allclose(scores(words), [[10, 6, 10]], atol=1e-5)


def test_a_folder_is_scored_in_order_of_names(colours, tmp_path):
    words = [str(tmp_path), *colours, "--ext", "png", "--center_only", "--images_dim=8,8"]
    np.testing.assert_allclose(scores(words), [[100, 50, 25], [10, 10, 10]], rtol=1e-5)


def test_an_array_of_images_in_more_batches_than_one(colours):
    np.save("in.npy", np.linspace(0, 1, 7)[:, None, None, None] * np.ones((1, 5, 6, 3)))
    expected = np.linspace(0, 255, 7)[:, None] * np.ones(3)
    np.testing.assert_allclose(scores(["in.npy", *colours]), expected, rtol=1e-5, atol=1e-4)


def test_csv_and_hdf5_name_the_files(colours, tmp_path):
    words = [".", *colours, "--ext", "png"]
    assert main(["classify", ".", "out.csv", *words[1:]]) == 0
    assert main(["classify", ".", "out.h5", *words[1:]]) == 0
    with open("out.csv") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["filename", "class0", "class1", "class2"]
    assert [row[0] for row in rows[1:]] == ["blue.png", "grey.png"]
    with h5py.File("out.h5") as file:
        assert file["files"][...].tolist() == [b"blue.png", b"grey.png"]
        np.testing.assert_allclose(
            file["scores"][...].reshape(2, 3), np.array(rows[1:])[:, 1:].astype(float), rtol=1e-6
        )


def test_a_net_of_one_channel_sees_grey_images(colours, tmp_path):
    net = """
input: "data" input_shape { dim: 1 dim: 1 dim: 2 dim: 2 }
layer { name: "flat" type: "Flatten" bottom: "data" top: "flat" }"""
    (tmp_path / "grey.prototxt").write_text(net)
    write_caffemodel("none.caffemodel", parse_net(net), [[], []])
    flags = ["-model_def", "grey.prototxt", "-pretrained_model", "none.caffemodel"]
    found = scores(["blue.png", *flags, "--center_only", "--images_dim", "2,8"])
    grey = 0.2125 * 50 + 0.7154 * 100 + 0.0721 * 200
    np.testing.assert_allclose(found.ravel(), [0, 0, grey, grey], rtol=1e-5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gone.png", "out.npy"], "no such file: gone.png"),
        (["grey.png", "out.txt"], "out.txt: scores are written as .npy, .csv or .h5"),
        ([".", "out.npy"], ".: has no file *.jpg"),
        (["bad.npy", "out.npy"], "bad.npy: holds no array"),
        (["deploy.prototxt", "out.npy"], "deploy.prototxt: its "),
        (["grey.png", "out.npy", "--images_dim", "3,8"], "-images_dim: 3,8 is smaller than"),
        (["grey.png", "out.npy", "--images_dim", "x"], "-images_dim: 'x' is no height,width"),
        (["grey.png", "out.npy", "--channel_swap", "1,2"], "-channel_swap: '1,2' is no order"),
        (["grey.png", "out.npy", "--mean_file", "m.npy"], "-mean_file: m.npy has shape (2,)"),
        (["grey.png", "out.npy", "--model_def", ""], "-model_def: is needed"),
        (["flat.npy", "out.npy"], "flat.npy[0] has shape (5, 5, 1)"),
    ],
)
def test_what_is_missing_or_wrong_is_named(colours, tmp_path, capsys, words, message):
    (tmp_path / "bad.npy").write_bytes(b"no array")
    np.save("m.npy", np.zeros(2))
    np.save("flat.npy", np.zeros((2, 5, 5)))
    assert main(["classify", *words[:2], *colours, *words[2:]]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"caffe: error: {message}")
