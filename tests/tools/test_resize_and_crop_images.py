import cv2
import numpy as np
import pytest

FLAGS = ("-input", "list.txt", "-input_folder", "in", "-output_folder", "out")


@pytest.fixture(autouse=True)
def images(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in/deep").mkdir(parents=True)
    wide = np.zeros((10, 40, 3), np.uint8)
    wide[:, 10:30] = 200
    cv2.imwrite("in/wide.png", wide)
    cv2.imwrite("in/deep/high.jpg", np.full((30, 7, 3), 90, np.uint8))
    (tmp_path / "list.txt").write_text("wide.png\ndeep/high.jpg\n\n")


def test_the_middle_is_left_at_the_size_asked_for(caffe):
    status, lines = caffe("resize_and_crop_images", *FLAGS, "-output_side_length", 20)
    assert status == 0
    assert lines[-1].endswith("Wrote 2 of 2 images to out")
    wide, high = cv2.imread("out/wide.png"), cv2.imread("out/deep/high.jpg")
    assert wide.shape == high.shape == (20, 20, 3)
    assert (wide[:, 1:-1] == 200).all()
    assert abs(int(high.mean()) - 90) <= 1


def test_what_cannot_be_read_is_named_and_the_rest_done(caffe, tmp_path):
    (tmp_path / "list.txt").write_text("gone.png\nwide.png\n")
    status, lines = caffe("resize_and_crop_images", *FLAGS, "-num_clients", 2)
    assert status == 1
    assert "no such file: in/gone.png" in lines[0]
    assert lines[-1].endswith("Wrote 1 of 2 images to out")
    assert cv2.imread("out/wide.png").shape == (256, 256, 3)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (FLAGS[2:], "-input: is needed"),
        (FLAGS[:4], "-output_folder: is needed"),
        ((*FLAGS, "-output_side_length", 0), "-output_side_length: must be at least 1, got 0"),
        ((*FLAGS, "-input", "gone"), "no such file: gone"),
    ],
)
def test_what_is_missing_or_wrong_is_named(caffe, words, message):
    status, lines = caffe("resize_and_crop_images", *words)
    assert status == 1
    assert lines[-1].startswith(f"caffe: error: {message}")
