import numpy as np
import pytest

from cortado.data.raw_datums import RawDatums
from cortado.proto.caffe_pb2 import Datum


def datum(pixels, label=0, **fields):
    c, h, w = pixels.shape
    sizes = {"channels": c, "height": h, "width": w}
    return Datum(label=label, data=pixels.tobytes(), **sizes | fields).SerializeToString()


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (4, 3, 5, 7), dtype=np.uint8)


@pytest.mark.parametrize("kind", [bytes, memoryview])
def test_images_and_labels(images, kind):
    labels = [7, 0, 300, -1]
    values = [kind(datum(*item)) for item in zip(images, labels, strict=True)]
    found, found_labels = RawDatums().read(values)
    np.testing.assert_array_equal(found, images)
    assert found_labels == labels


def test_a_label_may_be_left_out(images):
    value = datum(images[0])
    assert value[-2:] == b"(\0"
    assert RawDatums().read([value, value[:-2]])[1] == [0, 0]


@pytest.mark.parametrize(
    "change",
    [
        lambda pixels, value: datum(pixels[:, 1:]),  # of another size
        lambda pixels, value: datum(pixels, encoded=True),
        lambda pixels, value: datum(pixels, float_data=[1.0]),
        lambda pixels, value: datum(pixels, height=6),  # too few pixels
        lambda pixels, value: value[:-3],
        lambda pixels, value: value + b"\xff",
        lambda pixels, value: value + b"\x22\x01x",  # pixels once more
        lambda pixels, value: value + b"\x10\x08",  # a height once more
        lambda pixels, value: b"",
        lambda pixels, value: value[1:],
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_what_is_not_alike_is_left_to_others(images, change, place):
    values = [datum(pixels) for pixels in images]
    values[place] = change(images[place], values[place])
    assert RawDatums().read(values) is None


def test_sizes_that_do_not_fit_the_pixels_are_left_to_others(images):
    assert RawDatums().read([datum(pixels, height=6) for pixels in images]) is None
