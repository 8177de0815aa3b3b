import cv2
import numpy as np
import pytest

import caffe

NET = """
layer { name: "data" type: "Input" top: "data"
        input_param { shape { dim: 2 dim: 3 dim: 8 dim: 8 } } }
layer { name: "sum" type: "Pooling" bottom: "data" top: "mean"
        pooling_param { pool: AVE global_pooling: true } }
layer { name: "flat" type: "Flatten" bottom: "mean" top: "flat" }
"""


@pytest.fixture
def model(tmp_path):
    (tmp_path / "net.prototxt").write_text(NET)
    return str(tmp_path / "net.prototxt")


@pytest.fixture
def picture(tmp_path):
    """Left half blue, right half red, 20 x 30."""
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[:, :15, 0] = 255
    pixels[:, 15:, 2] = 255
    cv2.imwrite(str(tmp_path / "it.png"), pixels)
    return str(tmp_path / "it.png")


def test_windows_are_classified_in_turn(model, picture):
    detector = caffe.Detector(model, None)
    windows = [(0, 0, 10, 15), (5, 15, 20, 30), np.array([0, 0, 20, 30])]
    found = detector.detect_windows([(picture, windows), (picture, windows[:1])])
    assert [one["filename"] for one in found] == [picture] * 4
    assert found[1]["window"] == windows[1]
    predictions = [one["prediction"] for one in found]
    np.testing.assert_allclose(
        predictions, [[0, 0, 1], [1, 0, 0], [0.5, 0, 0.5], [0, 0, 1]], atol=1e-6
    )
    assert detector.detect_windows([(picture, [])]) == []


def test_a_net_of_one_channel_is_given_grey_images(tmp_path, picture):
    (tmp_path / "grey.prototxt").write_text(NET.replace("dim: 3", "dim: 1"))
    detector = caffe.Detector(str(tmp_path / "grey.prototxt"), None)
    found = detector.detect_windows([(picture, [(0, 15, 20, 30)])])
    np.testing.assert_allclose(found[0]["prediction"], [0.2125], rtol=1e-5)


def test_context_shows_what_lies_around_the_window(model, picture):
    image = caffe.io.load_image(picture)
    detector = caffe.Detector(model, None, context_pad=2)
    crop = detector.crop(image, (8, 11, 12, 15))  # 4 x 4 becomes 4 x 4, amid 2 on every side
    assert crop.shape == (8, 8, 3)
    assert (crop[:, :5, 2] == 1).all()
    assert (crop[:, 7, 0] == 1).all()


def test_outside_the_image_is_the_mean(model, picture):
    mean = np.array([104, 117, 123.0])
    detector = caffe.Detector(
        model, None, mean=mean, raw_scale=255, channel_swap=(2, 1, 0), context_pad=2
    )
    crop = detector.crop(caffe.io.load_image(picture), (0, 0, 4, 4))
    np.testing.assert_allclose(crop[0, 0] * 255, mean[::-1], rtol=1e-5)
    data = detector.transformer.preprocess("data", crop)
    np.testing.assert_allclose(data[:, 0, :], 0, atol=1e-4)
    np.testing.assert_allclose(data[0, 4, 4], 255 - 104, rtol=1e-5)


@pytest.mark.parametrize("window", [(0, 0, 21, 5), (0, 5, 4, 5), (-1, 0, 4, 4)])
def test_windows_outside_the_image_are_named(model, picture, window):
    detector = caffe.Detector(model, None)
    with pytest.raises(ValueError, match=r"it\.png: the window .* of height 20 and width 30"):
        detector.detect_windows([(picture, [window])])


def test_context_must_leave_room_for_the_window(model):
    with pytest.raises(ValueError, match="context_pad: 4 on every side needs a square input"):
        caffe.Detector(model, None, context_pad=4)


def test_selective_search_needs_its_module(model):
    with pytest.raises(ImportError, match="give windows that you have to detect_windows"):
        caffe.Detector(model, None).detect_selective_search(["it.png"])


def test_selective_search_gives_the_windows(model, picture, monkeypatch):
    class Search:
        @staticmethod
        def get_windows(names, cmd):
            return [[(0, 0, 10, 15)] for _ in names]

    monkeypatch.setitem(__import__("sys").modules, "selective_search_ijcv_with_python", Search)
    found = caffe.detector.Detector(model, None).detect_selective_search([picture])
    np.testing.assert_allclose(found[0]["prediction"], [0, 0, 1], atol=1e-6)
