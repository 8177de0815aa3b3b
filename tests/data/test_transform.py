import numpy as np
import pytest

from cortado.data.transform import Transformer
from cortado.proto import ConfigError, parse_text, write_mean
from cortado.proto.caffe_pb2 import TEST, TRAIN, TransformationParameter


def transformer(text="", phase=TEST):
    param = TransformationParameter()
    parse_text(text, param)
    return Transformer(param, phase, "float32")


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (3, 5, 7), dtype=np.uint8)


def run(transform, image, chance=None):
    y = np.empty(transform.output_size(image.shape), np.float32)
    transform(image[None], y[None], None if chance is None else np.array([chance]))
    return y


def test_without_fields_the_values_stay(image):
    np.testing.assert_array_equal(run(transformer(), image), image)


def test_mean_values_are_subtracted_before_scaling(image):
    y = run(transformer("mean_value: 1 mean_value: 2 mean_value: 3 scale: 0.5"), image)
    np.testing.assert_array_equal(y, (image - np.array([1.0, 2, 3]).reshape(3, 1, 1)) / 2)


def test_one_mean_value_serves_all_channels(image):
    np.testing.assert_array_equal(run(transformer("mean_value: 9"), image), image - 9.0)


def test_crop_is_central_in_phase_test(image):
    y = run(transformer("crop_size: 4"), image)
    np.testing.assert_array_equal(y, image[:, 0:4, 1:5])


@pytest.mark.parametrize(
    ("chance", "top", "left"), [((0, 0, 0), 0, 0), ((0.99, 0.99, 0), 1, 3), ((0.4, 0.6, 0), 0, 2)]
)
def test_chance_places_the_crop_in_phase_train(image, chance, top, left):
    transform = transformer("crop_size: 4", TRAIN)
    assert transform.is_random
    y = run(transform, image, chance)
    np.testing.assert_array_equal(y, image[:, top : top + 4, left : left + 4])


@pytest.mark.parametrize("phase", [TRAIN, TEST])
def test_mirror_follows_chance_in_both_phases(image, phase):
    transform = transformer("mirror: true", phase)
    assert transform.is_random
    np.testing.assert_array_equal(run(transform, image, (0, 0, 0.49)), image[..., ::-1])
    np.testing.assert_array_equal(run(transform, image, (0, 0, 0.5)), image)


def test_the_mean_image_is_cropped_but_not_mirrored(image, rng, tmp_path):
    mean = rng.random((1, 3, 5, 7), np.float32)
    write_mean(tmp_path / "mean", mean)
    transform = transformer(f'mean_file: "{tmp_path}/mean" crop_size: 4 mirror: true scale: 2')
    y = run(transform, image, (0, 0, 0))
    expected = 2 * (image.astype(np.float32) - mean[0])[:, 0:4, 1:5]
    np.testing.assert_array_equal(y, expected[..., ::-1])


def test_a_batch_at_once_equals_one_by_one(rng):
    images = rng.integers(0, 256, (4, 3, 5, 7), dtype=np.uint8)
    transform = transformer("mean_value: 7 crop_size: 3 scale: 0.25")
    y = [np.empty((4, 3, 3, 3), np.float32)]
    transform.into_batch(images, y, slice(0, 4))
    np.testing.assert_array_equal(y[0], [run(transform, image) for image in images])


def test_a_batch_of_one_takes_the_size_of_its_image(image):
    y = [np.empty((1, 3, 2, 2), np.float32)]
    transformer().into_batch(image[None], y, slice(0, 1))
    np.testing.assert_array_equal(y[0][0], image)


def test_chance_moves_every_image_of_a_batch_by_itself(rng):
    images = rng.integers(0, 256, (4, 3, 5, 7), dtype=np.uint8)
    transform = transformer("mean_value: 7 crop_size: 3 mirror: true", TRAIN)
    chances = transform.chances(1, 0, 4)
    y = [np.empty((4, 3, 3, 3), np.float32)]
    transform.into_batch(images, y, slice(0, 4), chances)
    alone = [run(transform, image, chance) for image, chance in zip(images, chances, strict=True)]
    np.testing.assert_array_equal(y[0], alone)


def test_images_of_two_sizes_make_no_batch(image):
    with pytest.raises(ConfigError, match=r"becomes 3 x 5 x 7 .* size 3 x 2 x 2: .*batch_size: 1"):
        transformer().into_batch(image[None], [np.empty((2, 3, 2, 2), np.float32)], slice(1, 2))


def test_chances_are_those_of_seed_and_batch():
    transform = transformer("mirror: true")
    first = transform.chances(1, 5, 4)
    assert first.shape == (4, 3)
    np.testing.assert_array_equal(first, transform.chances(1, 5, 4))
    assert not (first == transform.chances(1, 6, 4)).any()
    assert not (first == transform.chances(2, 5, 4)).any()
    assert transformer().chances(1, 5, 4) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("force_color: true force_gray: true", "force_color or force_gray, not both"),
        ('mean_value: 1 mean_file: "x"', "mean_file or mean_value, not both"),
        ('mean_file: "/no/where"', r"transform_param.mean_file: no such file: /no/where"),
        ("crop_h: 3", "transform_param.crop_h: is not supported here; the fields are scale, "),
    ],
)
def test_fields_that_do_not_go_together(text, message):
    with pytest.raises(ConfigError, match=message):
        transformer(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("crop_size: 6", "crop_size: 6 does not fit into the image of height 5 and width 7"),
        ("mean_value: 1 mean_value: 2", "mean_value: 2 values for 3 channels; give 1, or as many"),
    ],
)
def test_fields_that_do_not_fit_the_image(image, text, message):
    with pytest.raises(ConfigError, match=message):
        transformer(text).output_size(image.shape)


def test_an_image_without_pixels_is_refused():
    with pytest.raises(ConfigError, match="size 3 x 0 x 2"):
        transformer().output_size((3, 0, 2))


def test_a_mean_image_of_another_size_names_both(image, tmp_path):
    write_mean(tmp_path / "mean", np.zeros((1, 3, 5, 8), np.float32))
    transform = transformer(f'mean_file: "{tmp_path}/mean" crop_size: 4')
    with pytest.raises(ConfigError, match=r"mean has size 3 x 5 x 8, but the image 3 x 5 x 7"):
        transform.output_size(image.shape)


def test_a_mean_file_of_several_images_is_refused(tmp_path):
    write_mean(tmp_path / "mean", np.zeros((2, 3, 5, 7), np.float32))
    with pytest.raises(ConfigError, match="mean_file: .*mean holds 2 images; it must be one"):
        transformer(f'mean_file: "{tmp_path}/mean"')
