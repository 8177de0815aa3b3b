import numpy as np
import pytest

from cortado.core.boxes import areas, coverages, overlaps
from cortado.data.box_sampler import check_samplers, sample_boxes
from cortado.proto import ConfigError
from cortado.proto.caffe_pb2 import BatchSampler
from cortado.proto.text import parse_text

OBJECTS = np.array([[0.1, 0.1, 0.5, 0.4], [0.6, 0.5, 0.9, 0.95]], np.float32)
FREE = "sampler { min_scale: 0.3 min_aspect_ratio: 0.5 max_aspect_ratio: 2 }"


def samplers(*texts):
    made = [BatchSampler() for _ in texts]
    for message, text in zip(made, texts, strict=True):
        parse_text(text, message)
    return made


def test_by_default_the_whole_image_is_sampled(rng):
    boxes = sample_boxes(samplers("max_sample: 1 max_trials: 1"), OBJECTS, rng)
    assert boxes.tolist() == [[0, 0, 1, 1]]


def test_boxes_lie_in_the_image_and_have_the_scales_and_shapes_asked_for(rng):
    boxes = sample_boxes(samplers(FREE + " max_trials: 500"), OBJECTS, rng)
    assert boxes.shape == (500, 4)
    assert boxes.dtype == np.float32
    assert boxes.min() >= 0
    assert boxes.max() <= 1 + 1e-6
    scales, (width, height) = areas(boxes) ** 0.5, (boxes[:, 2:] - boxes[:, :2]).T
    assert 0.3 - 1e-6 < scales.min() < 0.35
    assert 0.95 < scales.max() <= 1
    assert 0.5 - 1e-6 < (width / height).min() < 0.6
    assert 1.6 < (width / height).max() <= 2 + 1e-6
    # The last row or column can be reached, and the first.
    assert boxes[:, 0].min() < 0.01
    assert boxes[:, 2].max() > 0.99


def test_no_shape_is_so_long_that_a_scale_does_not_fit(rng):
    text = "sampler { min_scale: 0.9 max_scale: 0.9 min_aspect_ratio: 0.2 max_aspect_ratio: 5 }"
    np.testing.assert_allclose(areas(sample_boxes(samplers(text), OBJECTS, rng)), 0.81, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("jaccard_overlap", overlaps),
        ("sample_coverage", coverages),
        ("object_coverage", lambda boxes, objects: coverages(objects, boxes)),
    ],
)
def test_an_object_has_to_meet_the_constraint(rng, name, measure):
    text = FREE + f" sample_constraint {{ min_{name}: 0.2 max_{name}: 0.4 }}"
    boxes = sample_boxes(samplers(text), OBJECTS, rng)
    assert 0 < len(boxes) < 100
    values = measure(boxes[:, None], OBJECTS)
    assert ((values >= 0.2) & (values <= 0.4)).any(axis=1).all()


def test_one_object_has_to_meet_all_constraints(rng):
    text = FREE + " sample_constraint { min_object_coverage: 0.99 max_sample_coverage: 0.2 }"
    boxes = sample_boxes(samplers(text + " max_trials: 1000"), OBJECTS, rng)
    assert len(boxes)
    whole = coverages(OBJECTS, boxes[:, None]) >= 0.99
    assert (whole & (coverages(boxes[:, None], OBJECTS) <= 0.2)).any(axis=1).all()


def test_the_first_max_sample_boxes_of_each_sampler_are_kept():
    both = samplers(FREE + " max_sample: 3", FREE + " max_trials: 4")
    boxes = sample_boxes(both, OBJECTS, np.random.default_rng(2))
    assert len(boxes) == 7
    alone = sample_boxes(both[:1], OBJECTS, np.random.default_rng(2))
    np.testing.assert_array_equal(boxes[:3], alone)


def test_without_objects_constraints_cannot_be_met(rng):
    none = np.empty((0, 4), np.float32)
    text = "sample_constraint { min_jaccard_overlap: 0 }"
    assert len(sample_boxes(samplers(text), none, rng)) == 0
    assert len(sample_boxes(samplers("max_trials: 2"), none, rng)) == 2


def test_a_sampler_of_nothing_gives_nothing(rng):
    assert len(sample_boxes(samplers("use_original_image: false"), OBJECTS, rng)) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("min_scale: 0", "0 < min_scale <= max_scale <= 1, got 0 and 1"),
        ("max_scale: 2", "got 1 and 2"),
        ("min_scale: 0.5 max_scale: 0.4", "got 0.5 and 0.4"),
        ("min_aspect_ratio: 0", "0 < min_aspect_ratio <= max_aspect_ratio, got 0 and 1"),
        ("max_aspect_ratio: 0.5", "got 1 and 0.5"),
    ],
)
def test_ranges_that_are_none_are_named(text, message):
    with pytest.raises(
        ConfigError, match=rf"annotated_data_param.batch_sampler\[1\].sampler: needs .*{message}"
    ):
        check_samplers(samplers("", f"sampler {{ {text} }}"))
