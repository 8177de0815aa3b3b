import cv2
import numpy as np
import pytest

from cortado.data.image import decode_image, read_image
from cortado.proto import ConfigError


@pytest.fixture
def photograph(tmp_path):
    """A PNG of height 4 and width 6 whose green channel is 200."""
    image = np.zeros((4, 6, 3), np.uint8)
    image[..., 1] = 200
    cv2.imwrite(str(tmp_path / "a b.png"), image)
    return tmp_path / "a b.png"


def test_colour_and_grey(photograph):
    assert read_image(photograph, True)[0, 0].tolist() == [0, 200, 0]
    grey = read_image(photograph, False)
    assert grey.shape == (4, 6, 1)
    assert grey[0, 0, 0] == round(0.587 * 200)


@pytest.mark.parametrize(("color", "channels"), [(True, 3), (False, 1)])
def test_resizing_takes_height_and_width(photograph, color, channels):
    assert read_image(photograph, color, (8, 3)).shape == (8, 3, channels)


def test_four_channels_stay_when_the_image_decides():
    data = cv2.imencode(".png", np.zeros((2, 3, 4), np.uint8))[1].tobytes()
    assert decode_image(data).shape == (2, 3, 4)
    assert decode_image(data, True).shape == (2, 3, 3)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"no such file: .*nothing\.png"):
        read_image(tmp_path / "nothing.png", True)


@pytest.mark.parametrize("content", [b"", b"GIF89a nonsense"])
def test_a_file_that_is_no_image_is_named(tmp_path, content):
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(ConfigError, match=r"x\.png: its \d+ bytes are no image that OpenCV can"):
        read_image(tmp_path / "x.png", True)


def test_a_truncated_image_is_named(photograph):
    photograph.write_bytes(photograph.read_bytes()[:40])
    with pytest.raises(ConfigError, match=r"a b\.png: its 40 bytes are no image"):
        read_image(photograph, True)
