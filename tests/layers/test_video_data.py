import cv2
import numpy as np
import pytest

from cortado.core import log
from cortado.proto import ConfigError


@pytest.fixture
def video(tmp_path):
    """Seven frames of height 16 and width 24, each 30 brighter than the one before."""
    path = str(tmp_path / "video.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 10, (24, 16))
    for i in range(7):
        writer.write(np.full((16, 24, 3), 30 * i, np.uint8))
    writer.release()
    return path


def video_data(path, batch_size=2, more="", transform="", tops=2):
    names = "".join(f'top: "{name}" ' for name in ("data", "label")[:tops])
    return (
        f'type: "VideoData" {names} video_data_param {{ video_type: VIDEO video_file: "{path}" '
        f"{more} }} data_param {{ batch_size: {batch_size} }} transform_param {{ {transform} }}"
    )


def frames(layer, top, count):
    """Which frames the next batches have."""
    found = []
    for _ in range(count):
        layer.forward([], top)
        found += np.rint(top[0].data.mean(axis=(1, 2, 3)) / 30).astype(int).tolist()
    return found


def test_frames_come_one_after_the_other_and_begin_anew(data_layer, video):
    layer, top = data_layer(video_data(video))
    assert [blob.shape for blob in top] == [(2, 3, 16, 24), (2,)]
    assert frames(layer, top, 5) == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2]
    assert not top[1].data.any()


def test_frames_can_be_skipped(data_layer, video):
    assert frames(*data_layer(video_data(video, more="skip_frames: 1")), 3) == [1, 3, 5, 0, 2, 4]


def test_frames_are_transformed(data_layer, video):
    text = video_data(video, 1, transform="resize_param { height: 8 width: 9 } mean_value: 10")
    layer, top = data_layer(text)
    layer.forward([], top)
    assert top[0].shape == (1, 3, 8, 9)
    np.testing.assert_allclose(top[0].data, -10, atol=2)


def test_the_labels_may_be_left_out(data_layer, video):
    layer, top = data_layer(video_data(video, tops=1), tops=1)
    assert frames(layer, top, 1) == [0, 1]


def test_a_restored_layer_goes_on_as_if_nothing_had_happened(data_layer, video):
    text = video_data(video, 2, "skip_frames: 1")
    layer, top = data_layer(text)
    frames(layer, top, 2)
    state, expected = layer.state(), frames(layer, top, 2)
    again, top = data_layer(text)
    again.restore(state)
    assert frames(again, top, 2) == expected


def test_the_end_of_the_video_is_logged(data_layer, video, capsys):
    handler = log.to_stderr(0)
    frames(*data_layer(video_data(video)), 4)
    log.silence(handler)
    assert "Finished processing video." in capsys.readouterr().err


def test_it_says_where_an_item_came_from(data_layer, video):
    layer, top = data_layer(video_data(video))
    frames(layer, top, 2)
    assert layer.describe_item(1) == f"frame 3 of video {video}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("batch_size: 2", ""), "data_param.batch_size: must be 1 or more"),
        (("video.avi", "none.avi"), "video .*none.avi: cannot be opened; is it there, and a video"),
        (("transform_param {", "transform_param { crop_size: 17"), "video .*crop of height 17"),
        (("video_type", 'source: "x" video_type'), "video_data_param.source: is yjxiong's and C3D"),
    ],
)
def test_what_is_missing_or_wrong_is_named(data_layer, video, change, message):
    text = video_data(video).replace(*change)
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(VideoData\): (?!layer).*{message}"):
        data_layer(text)


def test_a_video_needs_a_file(data_layer, video):
    text = video_data(video).replace(f'video_file: "{video}"', "")
    with pytest.raises(ConfigError, match="video_data_param.video_file: is required for video_ty"):
        data_layer(text)


def test_a_file_that_is_no_video_is_named(data_layer, tmp_path):
    (tmp_path / "video.avi").write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="cannot be opened"):
        data_layer(video_data(tmp_path / "video.avi"))


def test_a_webcam_that_is_not_there_is_named(data_layer):
    param = "video_data_param { device_id: 77 } data_param { batch_size: 1 }"
    with pytest.raises(
        ConfigError, match="webcam 77: cannot be opened; is there a camera of that number.*VIDEO"
    ):
        data_layer(f'type: "VideoData" top: "data" {param}', tops=1)
