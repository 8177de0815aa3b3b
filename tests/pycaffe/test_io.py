from io import BytesIO
from itertools import pairwise

import cv2
import numpy as np
import pytest

import caffe
from caffe.proto import caffe_pb2


@pytest.fixture
def image(rng):
    """(H, W, K), RGB, in [0, 1]."""
    return rng.random((5, 7, 3)).astype(np.float32)


@pytest.fixture
def transformer():
    return caffe.io.Transformer({"data": (10, 3, 5, 7)})


def test_preprocess_does_what_was_set_in_caffes_order(transformer, image):
    mean = np.array([104, 117, 123])
    transformer.set_input_scale("data", 0.5)
    transformer.set_mean("data", mean)
    transformer.set_raw_scale("data", 255)
    transformer.set_channel_swap("data", (2, 1, 0))
    transformer.set_transpose("data", (2, 0, 1))
    before = image.copy()
    found = transformer.preprocess("data", image)
    bgr = 255 * image.transpose(2, 0, 1)[::-1]
    np.testing.assert_allclose(found, (bgr - mean[:, None, None]) * 0.5, rtol=1e-5, atol=1e-4)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(image, before)
    np.testing.assert_allclose(transformer.deprocess("data", found), image, atol=1e-6)


def test_nothing_set_changes_nothing(transformer, image):
    np.testing.assert_array_equal(transformer.preprocess("data", image), image)


def test_scales_leave_the_image_they_are_given(transformer, image):
    before = image.copy()
    transformer.set_raw_scale("data", 255)
    transformer.preprocess("data", image)
    np.testing.assert_array_equal(image, before)


def test_preprocess_resizes_to_the_input(transformer, image):
    transformer.set_transpose("data", (2, 0, 1))
    larger = np.repeat(np.repeat(image, 2, axis=0), 2, axis=1)
    expected = image.transpose(2, 0, 1)
    np.testing.assert_allclose(transformer.preprocess("data", larger), expected, atol=1e-6)


def test_deprocess_takes_a_batch_of_one(transformer, image):
    transformer.set_transpose("data", (2, 0, 1))
    batch = transformer.preprocess("data", image)[None]
    np.testing.assert_array_equal(transformer.deprocess("data", batch), image)


def test_a_mean_image_is_resized_to_the_input(transformer, image):
    small = image.transpose(2, 0, 1) * 255
    transformer.set_mean("data", np.repeat(np.repeat(small, 2, axis=1), 2, axis=2))
    np.testing.assert_allclose(transformer.mean["data"], small, rtol=1e-5)
    transformer.set_mean("data", small)
    np.testing.assert_array_equal(transformer.mean["data"], small)


def test_a_grey_mean_serves_every_channel(transformer):
    transformer.set_mean("data", np.ones((5, 7)))
    assert transformer.mean["data"].shape == (1, 5, 7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: t.preprocess("image", 0), "'image' is not one of the net's inputs: data"),
        (lambda t: t.deprocess("image", 0), "'image' is not one of the net's inputs: data"),
        (lambda t: t.set_transpose("image", (2, 0, 1)), "'image' is not one of"),
        (lambda t: t.set_raw_scale("image", 1), "'image' is not one of"),
        (lambda t: t.set_input_scale("image", 1), "'image' is not one of"),
        (lambda t: t.set_transpose("data", (0, 1)), r"\(0, 1\) does not order the 3 axes"),
        (lambda t: t.set_channel_swap("data", (1, 0)), r"\(1, 0\) does not order 3 channels"),
        (lambda t: t.set_mean("data", np.ones(2)), "neither a number for each of the 3"),
        (lambda t: t.set_mean("data", np.ones((1, 3, 5, 7))), r"shape \(1, 3, 5, 7\) is neither"),
    ],
)
def test_what_does_not_fit_is_named(transformer, call, message):
    with pytest.raises(ValueError, match=message):
        call(transformer)


def test_load_image_gives_rgb_in_0_to_1(tmp_path):
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[..., 0] = 255  # OpenCV's first channel is blue
    path = tmp_path / "blue.png"
    cv2.imwrite(str(path), pixels)
    for source in (path, str(path), BytesIO(path.read_bytes())):
        image = caffe.io.load_image(source)
        assert (image.shape, image.dtype) == ((2, 3, 3), np.float32)
        np.testing.assert_array_equal(image[0, 0], [0, 0, 1])
    grey = caffe.io.load_image(path, color=False)
    assert grey.shape == (2, 3, 1)
    np.testing.assert_allclose(grey, 0.0721, rtol=1e-6)


def test_grey_and_transparent_files_have_three_channels(tmp_path):
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((2, 2), 51, np.uint8))
    cv2.imwrite(str(tmp_path / "clear.png"), np.full((2, 2, 4), 51, np.uint8))
    for name in ("grey.png", "clear.png"):
        np.testing.assert_allclose(caffe.io.load_image(tmp_path / name), np.full((2, 2, 3), 0.2))
    grey = caffe.io.load_image(tmp_path / "grey.png", color=False)
    np.testing.assert_allclose(grey, np.full((2, 2, 1), 0.2), rtol=1e-6)


def test_missing_and_damaged_images_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Could not open file nowhere\.jpg"):
        caffe.io.load_image("nowhere.jpg")
    (tmp_path / "it.jpg").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"it\.jpg.*no image that OpenCV can decode"):
        caffe.io.load_image(tmp_path / "it.jpg")


@pytest.mark.parametrize("channels", [1, 3, 6])
def test_linear_resizing_interpolates_between_centres(rng, channels):
    image = rng.random((4, 6, channels))
    halves = caffe.io.resize_image(image, (2, 3))
    expected = image.reshape(2, 2, 3, 2, channels).mean(axis=(1, 3))
    np.testing.assert_allclose(halves, expected, rtol=1e-5)
    assert halves.dtype == np.float32


@pytest.mark.parametrize("order", [0, 1, 3])
def test_images_have_any_number_of_channels(rng, order):
    image = rng.random((4, 6, 600))
    found = caffe.io.resize_image(image, (7, 5), order)
    last = caffe.io.resize_image(image[..., 599:], (7, 5), order)
    np.testing.assert_allclose(found[..., 599:], last, rtol=1e-5, atol=1e-6)


def test_resizing_keeps_values_of_any_range():
    slope = np.arange(-300, 300, 100.0)[:, None, None] * np.ones((1, 2, 1))
    found = caffe.io.resize_image(slope, (12, 2))[:, 0, 0]
    np.testing.assert_allclose(found[1:-1], np.arange(-275, 200, 50), rtol=1e-5)


def test_order_0_takes_the_nearest_pixel(image):
    tripled = caffe.io.resize_image(image, (15, 21), interp_order=0)
    np.testing.assert_array_equal(tripled, np.repeat(np.repeat(image, 3, axis=0), 3, axis=1))


def test_order_3_is_smooth():
    step = np.array([0, 0, 0, 1, 1, 1.0])[:, None, None]
    found = caffe.io.resize_image(step, (24, 1), interp_order=3).ravel()
    assert all(a <= b + 0.11 for a, b in pairwise(found))
    assert found.max() > 1  # cubic curves overshoot


@pytest.mark.parametrize(
    ("shape", "order", "message"),
    [((4, 4, 3), 2, "interp_order is 2; 0, 1 and 3"), ((4, 4), 1, r"got shape \(4, 4\)")],
)
def test_what_cannot_be_resized_is_named(shape, order, message):
    with pytest.raises(ValueError, match=message):
        caffe.io.resize_image(np.zeros(shape), (2, 2), order)


def test_oversample_crops_corners_and_centre_and_mirrors_them(rng):
    images = rng.random((2, 6, 8, 3)).astype(np.float32)
    crops = caffe.io.oversample(images, (4, 5))
    assert (crops.shape, crops.dtype) == ((20, 4, 5, 3), np.float32)
    first = images[1]
    expected = [first[:4, :5], first[:4, 3:], first[2:, :5], first[2:, 3:], first[1:5, 1:6]]
    np.testing.assert_array_equal(crops[10:15], expected)
    np.testing.assert_array_equal(crops[15:], crops[10:15, :, ::-1])


def test_oversampling_nothing_is_an_error():
    with pytest.raises(ValueError, match="needs at least one image"):
        caffe.io.oversample([], (4, 4))


def test_crops_larger_than_the_image_are_an_error():
    with pytest.raises(ValueError, match=r"crops of \(7, 2\) do not fit into images of \(6, 8\)"):
        caffe.io.oversample(np.zeros((1, 6, 8, 3)), (7, 2))


def test_arrays_become_blobprotos_and_back(rng):
    data, diff = rng.random((2, 2, 3, 4, 5)).astype(np.float32)
    blob = caffe.io.array_to_blobproto(data, diff)
    assert list(blob.shape.dim) == [2, 3, 4, 5]
    np.testing.assert_array_equal(caffe.io.blobproto_to_array(blob), data)
    np.testing.assert_array_equal(caffe.io.blobproto_to_array(blob, return_diff=True), diff)
    caffe.io.blobproto_to_array(blob)[0] = 0  # may be written to


def test_doubles_are_stored_as_floats():
    assert list(caffe.io.array_to_blobproto(np.array([0.5, 2])).data) == [0.5, 2]


def test_the_messages_are_where_scripts_look_for_them():
    assert caffe.io.caffe_pb2.Datum(label=3).label == 3


def test_a_legacy_blobproto_has_four_axes():
    blob = caffe_pb2.BlobProto(num=1, channels=1, height=2, width=1, data=[3, 4])
    np.testing.assert_array_equal(caffe.io.blobproto_to_array(blob), [[[[3], [4]]]])


def test_blobs_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"its shape is \(1, 1, 2, 1\), but it holds 1 values"):
        caffe.io.blobproto_to_array(
            caffe_pb2.BlobProto(num=1, channels=1, height=2, width=1, data=[3])
        )
    with pytest.raises(ValueError, match=r"diff has shape \(3,\), data \(2,\)"):
        caffe.io.array_to_blobproto(np.zeros(2), np.zeros(3))


def test_lists_of_arrays_become_bytes_and_back(rng):
    arrays = [rng.random((2, 3)).astype(np.float32), np.ones(4, np.float32)]
    data = caffe.io.arraylist_to_blobprotovector_str(arrays)
    assert len(caffe_pb2.BlobProtoVector.FromString(data).blobs) == 2
    found = caffe.io.blobprotovector_str_to_arraylist(data)
    for ours, theirs in zip(found, arrays, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "int64"])
def test_arrays_become_datums_and_back(dtype):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    datum = caffe.io.array_to_datum(array, label=np.int64(7))
    assert (datum.channels, datum.height, datum.width, datum.label) == (2, 3, 4, 7)
    assert bool(datum.data) == (dtype == "uint8")
    found = caffe.io.datum_to_array(datum)
    np.testing.assert_array_equal(found, array)
    found[...] = 0  # may be written to


def test_a_datum_needs_three_axes_but_no_label():
    assert not caffe.io.array_to_datum(np.zeros((1, 1, 1), np.uint8)).HasField("label")
    with pytest.raises(ValueError, match=r"got shape \(2, 3\)"):
        caffe.io.array_to_datum(np.zeros((2, 3)))


def test_encoded_datums_are_decoded():
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    encoded = cv2.imencode(".png", pixels)[1].tobytes()
    datum = caffe_pb2.Datum(data=encoded, encoded=True)
    np.testing.assert_array_equal(caffe.io.datum_to_array(datum), pixels.transpose(2, 0, 1))
