import cv2
import numpy as np
import pytest

from cortado.core import log
from cortado.proto import ConfigError, write_mean

WINDOWS = (
    "1 0.9 2 2 9 7",  # foreground of class 1
    "2 0.5 4 4 15 15",  # foreground of class 2
    "3 0.4 0 0 9 9",  # neither
    "4 0.2 10 10 19 19",  # background
)


@pytest.fixture
def folder(tmp_path, rng):
    """An image of height 20 and width 30 with the windows above."""
    image = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "0.png"), image)
    write_windows(tmp_path, WINDOWS)
    return tmp_path


def write_windows(folder, windows):
    lines = ["# 0", "0.png", "3", "20", "30", str(len(windows)), *windows]
    (folder / "windows.txt").write_text("\n".join(lines))


def window_data(folder, more="", transform="crop_size: 6", batch_size=8, fraction=0.5):
    return (
        f'type: "WindowData" top: "data" top: "label" window_data_param {{ '
        f'source: "{folder}/windows.txt" root_folder: "{folder}/" batch_size: {batch_size} '
        f"fg_fraction: {fraction} bg_threshold: 0.3 {more} }} transform_param {{ {transform} }}"
    )


def crop(folder, x1, y1, x2, y2, size=6):
    image = cv2.imread(str(folder / "0.png"))
    return cv2.resize(image[y1 : y2 + 1, x1 : x2 + 1], (size, size)).transpose(2, 0, 1)


def test_background_comes_first_then_the_fraction_of_objects(data_layer, folder):
    layer, top = data_layer(window_data(folder, batch_size=7, fraction=0.45))
    assert [t.shape for t in top] == [(7, 3, 6, 6), (7,)]
    seen = set()
    for _ in range(10):
        layer.forward([], top)
        labels = top[1].data.tolist()
        assert labels[:4] == [0, 0, 0, 0]
        seen.update(labels[4:])
    assert seen == {1, 2}


def test_windows_are_warped_to_the_crop(data_layer, folder):
    layer, top = data_layer(window_data(folder, transform="crop_size: 6 mean_value: 9 scale: 0.5"))
    expected = {
        0: crop(folder, 10, 10, 19, 19),
        1: crop(folder, 2, 2, 9, 7),
        2: crop(folder, 4, 4, 15, 15),
    }
    for _ in range(3):
        layer.forward([], top)
        for x, label in zip(top[0].data, top[1].data, strict=True):
            np.testing.assert_array_equal(x, (expected[int(label)] - 9.0) / 2)


def test_mirror_turns_about_half_of_them(data_layer, folder):
    layer, top = data_layer(
        window_data(folder, transform="crop_size: 6 mirror: true", batch_size=100, fraction=0)
    )
    layer.forward([], top)
    straight = crop(folder, 10, 10, 19, 19)
    mirrored = sum(bool((x == straight[..., ::-1]).all()) for x in top[0].data)
    assert 30 < mirrored < 70
    assert mirrored + sum(bool((x == straight).all()) for x in top[0].data) == 100


def test_context_outside_the_image_is_zero_whatever_the_mean(data_layer, folder):
    write_windows(folder, ["1 1 0 0 3 3"])
    layer, top = data_layer(
        window_data(
            folder, "context_pad: 2", "crop_size: 8 mean_value: 1000", batch_size=1, fraction=1
        )
    )
    layer.forward([], top)
    x = top[0].data[0]
    assert not x[:, :2].any()
    assert not x[:, :, :2].any()
    np.testing.assert_array_equal(x[:, 2:, 2:], crop(folder, 0, 0, 6, 6) - 1000.0)


def test_square_windows(data_layer, folder):
    write_windows(folder, ["1 1 8 8 15 11"])
    layer, top = data_layer(
        window_data(folder, 'crop_mode: "square"', "crop_size: 8", batch_size=1, fraction=1)
    )
    layer.forward([], top)
    np.testing.assert_array_equal(top[0].data[0], crop(folder, 8, 6, 16, 14, 8))


def test_the_centre_of_a_mean_image_is_subtracted_unmirrored(data_layer, folder, rng):
    mean = rng.integers(0, 9, (1, 3, 10, 10)).astype(np.float32)
    write_mean(folder / "mean", mean)
    layer, top = data_layer(
        window_data(
            folder, transform=f'crop_size: 6 mean_file: "{folder}/mean"', batch_size=1, fraction=0
        )
    )
    layer.forward([], top)
    expected = crop(folder, 10, 10, 19, 19) - mean[0, :, 2:8, 2:8]
    np.testing.assert_array_equal(top[0].data[0], expected)


def test_cached_images_need_no_files(data_layer, folder):
    layer, top = data_layer(window_data(folder, "cache_images: true"))
    (folder / "0.png").unlink()
    layer.forward([], top)
    assert top[0].data.any()


def test_a_restored_layer_goes_on_as_if_nothing_had_happened(data_layer, folder):
    text = window_data(folder, transform="crop_size: 6 mirror: true")
    layer, top = data_layer(text)
    layer.forward([], top)
    state = layer.state()
    layer.forward([], top)
    other, other_top = data_layer(text)
    other.restore(state)
    other.forward([], other_top)
    np.testing.assert_array_equal(top[0].data, other_top[0].data)
    np.testing.assert_array_equal(top[1].data, other_top[1].data)


def test_items_are_described_by_window_and_image(data_layer, folder):
    layer, top = data_layer(window_data(folder))
    layer.forward([], top)
    assert layer.describe_item(0) == f"window (10, 10, 19, 19) of {folder}/0.png"


def test_the_log_counts_the_windows(data_layer, folder, monkeypatch):
    lines = []
    monkeypatch.setattr(log, "info", lambda source, message: lines.append(message))
    data_layer(window_data(folder))
    assert lines == [
        "Number of images: 1",
        "class 0 has 1 samples",
        "class 1 has 1 samples",
        "class 2 has 1 samples",
        "Amount of context padding: 0",
        "Crop mode: warp",
        "output data size: 8,3,6,6",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"transform": ""}, "crop_size: 0 must be above 0"),
        ({"more": "context_pad: 3"}, r"crop_size: 6 must be .*context_pad \(3\)"),
        ({"more": 'crop_mode: "round"'}, "crop_mode: 'round' is none of"),
        ({"batch_size": 0}, "window_data_param.batch_size: must be 1 or more"),
        ({"more": "fg_threshold: 0.95"}, "needs 4 foreground windows, but the file has none"),
        ({"more": "fg_threshold: 0.1"}, "needs 4 background windows, but the file has none"),
        ({"transform": "crop_size: 6 mean_value: 1 mean_value: 2"}, "mean_value: 2 values; give"),
        ({"transform": "crop_size: 6 pad: 2"}, "transform_param.pad: is not supported"),
    ],
)
def test_bad_parameters(data_layer, folder, options, message):
    with pytest.raises(ConfigError, match=message) as error:
        data_layer(window_data(folder, **options))
    assert str(error.value).count("layer 'it' (") == 1


def test_a_mean_image_smaller_than_the_crop_is_refused(data_layer, folder):
    write_mean(folder / "mean", np.zeros((1, 3, 5, 5), np.float32))
    with pytest.raises(ConfigError, match=r"mean is too small, .*crops are \(3, 6, 6\)"):
        data_layer(window_data(folder, transform=f'crop_size: 6 mean_file: "{folder}/mean"'))


def test_an_object_of_class_0_is_named(data_layer, folder):
    write_windows(folder, ["0 0.9 2 2 9 7", *WINDOWS])
    with pytest.raises(
        ConfigError, match=r"window \(2, 2, 9, 7\) of .*png: class 0 overlaps by 0.9"
    ):
        data_layer(window_data(folder))


def test_a_window_outside_its_image_is_named(data_layer, folder):
    write_windows(folder, ["1 0.9 2 2 30 7", *WINDOWS[3:]])
    layer, top = data_layer(window_data(folder))
    with pytest.raises(ConfigError, match=r"window \(2, 2, 30, 7\) of .*does not lie in the image"):
        layer.forward([], top)


def test_a_missing_image_is_named(data_layer, folder):
    (folder / "0.png").unlink()
    layer, top = data_layer(window_data(folder))
    with pytest.raises(ConfigError, match=r"\(WindowData\): window .*: no such file: .*0\.png"):
        layer.forward([], top)
