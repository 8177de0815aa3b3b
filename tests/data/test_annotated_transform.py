import numpy as np
import pytest

from cortado.core.boxes import areas
from cortado.data.annotated_datum import BOX
from cortado.data.annotated_transform import AnnotatedTransformer
from cortado.proto import ConfigError, write_mean
from cortado.proto.caffe_pb2 import TEST, TRAIN, BatchSampler, TransformationParameter
from cortado.proto.text import parse_text

# Boxes of a bright patch, columns 2 to 5 and rows 1 to 4 of 12 x 10, and of the corner.
OBJECTS = np.array(
    [[0, 3, 7, 2 / 12, 0.1, 6 / 12, 0.5, 1], [0, 1, 0, 10 / 12, 0.8, 1, 1, 0]], np.float32
)


@pytest.fixture
def image():
    """Height 10, width 12; the patch is 200, the corner 250, the rest 100."""
    pixels = np.full((10, 12, 3), 100, np.uint8)
    pixels[1:5, 2:6] = 200
    pixels[8:, 10:] = 250
    return pixels


@pytest.fixture
def transform(image):
    """transform(text, seed) -> (y, objects) of the image."""

    def apply(text="", seed=1, phase=TEST, samplers="", objects=OBJECTS, image=image):
        param, sampler = TransformationParameter(), BatchSampler()
        parse_text(text, param)
        parse_text(samplers, sampler)
        made = AnnotatedTransformer(param, phase, "float32", [sampler] if samplers else [])
        return made(image, objects.copy(), np.random.default_rng(seed))

    return apply


def patch_box(y, value=200):
    """Where the pixels of a value are, as a box in fractions of y (C, H, W)."""
    rows, columns = np.nonzero(y[0] == value)
    height, width = y.shape[1:]
    corners = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    return np.array(corners) / [width, height, width, height]


def test_nothing_asked_nothing_done(transform, image):
    y, objects = transform()
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, image.transpose(2, 0, 1))
    np.testing.assert_allclose(objects, OBJECTS, rtol=1e-6)


def test_mean_and_scale(transform, image):
    y, _ = transform("mean_value: [1, 2, 3] scale: 0.5")
    np.testing.assert_allclose(y, (image.transpose(2, 0, 1) - [[[1]], [[2]], [[3]]]) / 2)


def test_a_mean_image_is_cropped_with_the_image(transform, image, tmp_path, rng):
    mean = rng.random((3, 10, 12)).astype(np.float32)
    write_mean(tmp_path / "mean.binaryproto", mean)
    y, _ = transform(f'mean_file: "{tmp_path}/mean.binaryproto" crop_h: 4 crop_w: 6')
    np.testing.assert_allclose(y, (image.transpose(2, 0, 1) - mean)[:, 3:7, 3:9], rtol=1e-6)


def test_boxes_are_mirrored_with_the_image(transform):
    seen = set()
    for seed in range(10):
        y, objects = transform("mirror: true", seed)
        np.testing.assert_allclose(objects[0, BOX], patch_box(y), rtol=1e-6)
        seen.add(float(objects[0, 3]))
    assert len(seen) == 2


def test_a_crop_is_in_the_centre_when_testing_and_anywhere_when_training(transform):
    y, objects = transform("crop_size: 8")
    assert y.shape == (3, 8, 8)
    np.testing.assert_allclose(objects[0, BOX], patch_box(y), atol=1e-6)
    places = set()
    for seed in range(40):
        y, objects = transform("crop_h: 8 crop_w: 6", seed, TRAIN)
        assert y.shape == (3, 8, 6)
        for row in objects:
            value = 200 if row[1] == 3 else 250
            np.testing.assert_allclose(row[BOX], patch_box(y, value), atol=1e-6)
        places.add(patch_box(y).tobytes() if (y == 200).any() else b"")
    assert len(places) > 5


def test_objects_outside_are_dropped_and_others_cut(transform):
    _, objects = transform("crop_size: 4")
    # Rows 3 to 6 and columns 4 to 7: two columns and two rows of the patch are left.
    assert objects[:, 1].tolist() == [3]
    np.testing.assert_allclose(objects[0, BOX], [0, 0, 0.5, 0.5], atol=1e-6)
    assert objects[0, [2, 7]].tolist() == [7, 1]


@pytest.mark.parametrize(
    ("constraint", "kept"),
    [
        ("emit_type: CENTER", []),
        ("emit_type: MIN_OVERLAP emit_overlap: 0.2", [3]),
        ("emit_type: MIN_OVERLAP emit_overlap: 0.3", []),
    ],
)
def test_emit_constraint_holds_objects_back(transform, constraint, kept):
    """A quarter of the patch is in the crop, and its centre at row 3 and column 4 is not."""
    _, objects = transform(
        f"crop_size: 4 emit_constraint {{ {constraint} }}",
        objects=OBJECTS - np.float32([0, 0, 0, 0.01, 0.01, 0.01, 0.01, 0]),
    )
    assert objects[:, 1].tolist() == kept


def test_boxes_follow_a_resize(transform):
    for text in (
        "height: 20 width: 36 interp_mode: NEAREST",
        "height: 30 width: 24 interp_mode: NEAREST resize_mode: FIT_LARGE_SIZE_AND_PAD",
        "height: 20 width: 20 interp_mode: NEAREST resize_mode: FIT_SMALL_SIZE",
    ):
        y, objects = transform(f"resize_param {{ {text} }}")
        np.testing.assert_allclose(objects[0, BOX], patch_box(y), atol=1e-6)
        np.testing.assert_allclose(objects[1, BOX], patch_box(y, 250), atol=1e-6)


def test_an_expanded_image_lies_on_the_mean_color(transform):
    sizes = set()
    for seed in range(20):
        y, objects = transform(
            "mean_value: [10, 20, 30] expand_param { max_expand_ratio: 3 }", seed
        )
        sizes.add(y.shape)
        assert y.shape[1] >= 10
        np.testing.assert_allclose(objects[0, BOX], patch_box(y, 190), atol=1e-6)
        np.testing.assert_allclose(objects[1, BOX], patch_box(y, 240), atol=1e-6)
        assert np.isin(y[1], [0, 80, 180, 230]).all()
    assert len(sizes) > 10


@pytest.mark.parametrize("text", ["prob: 0 max_expand_ratio: 3", "prob: 1 max_expand_ratio: 1"])
def test_an_image_need_not_be_expanded(transform, image, text):
    assert transform(f"expand_param {{ {text} }}")[0].shape == (3, 10, 12)


def test_a_sampled_part_is_shown_with_its_objects(transform, image):
    large = image.repeat(10, axis=0).repeat(10, axis=1)
    sampler = (
        "sampler { min_scale: 0.4 max_scale: 0.9 } max_sample: 1 "
        "sample_constraint { min_object_coverage: 1 }"
    )
    whole = "emit_constraint { emit_type: MIN_OVERLAP emit_overlap: 0.7 }"
    shapes = set()
    for seed in range(20):
        y, objects = transform(whole, seed, samplers=sampler, image=large)
        shapes.add(y.shape)
        assert len(objects)
        for row in objects:
            found = patch_box(y, 200 if row[1] == 3 else 250)
            # Boxes know fractions of pixels, images do not.
            np.testing.assert_allclose(row[BOX], found, atol=0.05)
        assert (areas(objects[:, BOX]) > 0).all()
    assert len(shapes) > 5


def test_where_nothing_can_be_sampled_the_image_stays_whole(transform):
    sampler = "sample_constraint { min_object_coverage: 2 }"
    y, objects = transform(samplers=sampler)
    assert y.shape == (3, 10, 12)
    assert len(objects) == 2


def test_colors_and_noise(transform, image):
    y, _ = transform("distort_param { contrast_prob: 1 contrast_lower: 0.5 contrast_upper: 0.5 }")
    np.testing.assert_array_equal(y, np.rint(image / 2).transpose(2, 0, 1))
    y, _ = transform("noise_param { inverse: true }")
    np.testing.assert_array_equal(y, 255 - image.transpose(2, 0, 1))


def test_output_size():
    param = TransformationParameter()
    assert AnnotatedTransformer(param, TEST, "float32").output_size((10, 12, 3)) == (3, 10, 12)
    parse_text("resize_param { height: 20 width: 30 } crop_size: 16", param)
    assert AnnotatedTransformer(param, TEST, "float32").output_size((10, 12, 1)) == (1, 16, 16)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("crop_h: 4", "set crop_h and crop_w, or neither"),
        ("crop_size: 11", "a crop of height 11 and width 11 does not fit into .* 10 and width 12"),
        ("mean_value: [1, 2]", "mean_value: 2 values for 3 channels"),
        ("expand_param { max_expand_ratio: 0.5 }", "max_expand_ratio: 0.5 must be 1 or more"),
        ("resize_param { height: 5 }", "resize_param: needs height and width, got 5 and 0"),
        ("distort_param { hue_delta: -1 }", "hue_delta: -1 must be 0 or more"),
        ("force_color: true force_gray: true", "set force_color or force_gray, not both"),
        ("min_side: 3", "min_side: is not supported here"),
    ],
)
def test_what_does_not_fit_is_named(transform, text, message):
    with pytest.raises(ConfigError, match=rf"transform_param[.:].*{message}"):
        transform(text)


def test_a_mean_image_has_to_be_of_the_size_of_the_image(transform, tmp_path):
    write_mean(tmp_path / "mean.binaryproto", np.zeros((3, 5, 5), np.float32))
    with pytest.raises(ConfigError, match=r"mean_file: .* size \(3, 5, 5\), but .*\(3, 10, 12\)"):
        transform(f'mean_file: "{tmp_path}/mean.binaryproto"')
