import json

import numpy as np
import pytest

from cortado.core import log
from cortado.proto import ConfigError

# Three priors, two of which overlap by 2/3; codes of 0 leave them where they are.
PRIORS = np.array([[0.1, 0.1, 0.5, 0.5], [0.1, 0.1, 0.5, 0.3667], [0.6, 0.6, 0.9, 0.9]])
PRIOR = np.stack([PRIORS, np.full((3, 4), 0.1)]).reshape(1, 2, 12)
STILL = np.zeros((2, 12))
# Of background, class 1 and class 2; in item 1 everything is background.
SCORES = np.array(
    [[[0.1, 0.6, 0.3], [0.2, 0.7, 0.1], [0.3, 0.2, 0.5]], [[0.9, 0.06, 0.04]] * 3]
).reshape(2, 9)


def detection_output(param="confidence_threshold: 0.15"):
    return f'type: "DetectionOutput" detection_output_param {{ num_classes: 3 {param} }}'


@pytest.fixture
def found(make_layer):
    """found(param, *more bottoms) -> the rows of the top, as lists."""

    def find(param="confidence_threshold: 0.15", *more, locations=STILL, scores=SCORES):
        layer, bottom, top = make_layer(
            detection_output(param), locations, scores, PRIOR, *more, phase="TEST"
        )
        assert top[0].shape == (1, 1, 1, 7)
        layer.forward(bottom, top)
        assert top[0].shape[:2] == (1, 1)
        return top[0].data[0, 0].tolist()

    return find


def row(item, label, score, prior):
    return pytest.approx([item, label, score, *PRIORS[prior]])


def test_rows_go_by_item_class_and_falling_score(found):
    scores = SCORES.copy()
    scores[1, 7] = 0.8
    assert found(scores=scores) == [
        row(0, 1, 0.7, 1),
        row(0, 1, 0.2, 2),
        row(0, 2, 0.5, 2),
        row(0, 2, 0.3, 0),
        row(1, 1, 0.8, 2),
    ]


def test_nms_threshold_and_top_k(found):
    param = "confidence_threshold: 0.15 nms_param {{ {} }}"
    assert len(found(param.format("nms_threshold: 0.7"))) == 5
    assert len(found(param.format("nms_threshold: 0.7 top_k: 1"))) == 2
    # After one box, 0.7 becomes 0.56, too little for the second.
    assert len(found(param.format("nms_threshold: 0.7 eta: 0.8"))) == 4


def test_a_score_at_the_threshold_is_too_low(found):
    assert len(found("confidence_threshold: 0.5")) == 1
    assert len(found("")) == 8  # every prior of both classes and items, less those thinned out


def test_keep_top_k_is_for_all_classes_together(found):
    assert found("confidence_threshold: 0.15 keep_top_k: 2") == [
        row(0, 1, 0.7, 1),
        row(0, 2, 0.5, 2),
    ]
    assert found("confidence_threshold: 0.15 keep_top_k: 0")[0][1:] == [-1] * 6


def test_if_nothing_is_found_each_item_has_a_row(found):
    assert found("confidence_threshold: 0.95") == [[i, *[-1] * 6] for i in (0, 1)]


def test_another_background(found):
    labels = {r[1] for r in found("confidence_threshold: 0.15 background_label_id: 1")}
    assert labels == {0, 2}


def test_without_background_every_class_is_an_object(found):
    assert {r[1] for r in found("confidence_threshold: 0 background_label_id: -1")} == {0, 1, 2}


def test_boxes_are_decoded_and_may_reach_out_of_the_image(found):
    locations = STILL.copy()
    locations[0, :4] = [-3, 0, 0, 8]
    param = "confidence_threshold: 0.55 nms_param { nms_threshold: 1 } "
    assert found(param, locations=locations)[1][3:] == pytest.approx([-0.2, 0.1, 0.5, 1.3])
    assert found(param + "variance_encoded_in_target: true", locations=locations / 10)[1][
        3:
    ] == pytest.approx([-0.2, 0.1, 0.5, 1.3])
    assert found(param + "clip: true", locations=locations)[1][3:] == pytest.approx(
        [0, 0.1, 0.5, 1]
    )


def test_every_class_may_have_locations_of_its_own(found):
    locations = np.zeros((2, 3, 3, 4))
    locations[0, 2, 2] = 0.5
    rows = found(
        "confidence_threshold: 0.15 share_location: false", locations=locations.reshape(2, 36)
    )
    assert rows[1] == row(0, 1, 0.2, 2)
    assert rows[2] == pytest.approx([0, 2, 0.5, *(PRIORS[2] + 0.05)])


# RefineDet: a first stage.


def test_priors_that_are_hardly_anything_are_background(found):
    likely = np.full((2, 6), 0.5)
    likely[0, 3] = 0.3
    param = "confidence_threshold: 0.15 objectness_score: 0.4"
    assert found(param, likely)[0] == row(0, 1, 0.6, 0)
    assert len(found(param.replace("0.4", "0.3"), likely)) == 4


def test_priors_are_moved_by_the_first_stage(found):
    moves = np.full((2, 12), 0.5)
    rows = found("confidence_threshold: 0.65", np.full((2, 6), 0.5), moves)
    assert rows == [pytest.approx([0, 1, 0.7, *(PRIORS[1] + 0.05)])]


def test_images_to_draw_on_have_no_effect(found):
    images = np.zeros((2, 3, 5, 5))
    assert found("confidence_threshold: 0.15 visualize: true", images) == found()


def test_many_priors_go_the_same_way_as_few(make_layer, rng):
    low = rng.random((600, 2))
    priors = np.concatenate([low, low + rng.random((600, 2)) * 0.3], axis=1)
    prior = np.stack([priors, np.ones((600, 4))]).reshape(1, 2, 2400)
    inputs = np.zeros((1, 2400)), rng.random((1, 1800)), prior
    layer, bottom, top = make_layer(detection_output(), *inputs)
    layer.forward(bottom, top)
    rows = top[0].data.copy()
    layer._suppression = None
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, rows)


@pytest.fixture
def folder(tmp_path):
    """Label map and sizes of two images, of which an output has one item each."""
    names = ["none", "cat", "dog"]
    items = [f'item {{ name: "{names[i]}" label: {i} display_name: "x" }}' for i in range(3)]
    (tmp_path / "labels.prototxt").write_text("\n".join(items))
    (tmp_path / "sizes.txt").write_text("000007 200 100\n12 50 50\n")
    return tmp_path


def saving(folder, format="VOC", more=""):
    return (
        f'confidence_threshold: 0.15 save_output_param {{ output_directory: "{folder}/out" '
        f'output_name_prefix: "it_" output_format: "{format}" '
        f'label_map_file: "{folder}/labels.prototxt" name_size_file: "{folder}/sizes.txt" {more} }}'
    )


def test_voc_has_a_file_for_each_class(found, folder):
    found(saving(folder))
    cats, dogs = ((folder / f"out/it_{name}.txt").read_text() for name in ("cat", "dog"))
    # Sizes are cut to whole pixels before they are added: 53.34 - 20 is 53.
    assert cats == "000007 0.7 10 20 50 73\n000007 0.2 60 120 90 180\n"
    assert dogs == "000007 0.5 60 120 90 180\n000007 0.3 10 20 50 100\n"


def test_ilsvrc_has_one_file_of_labels(found, folder):
    found(saving(folder, "ILSVRC"))
    assert (folder / "out/it_.txt").read_text().splitlines() == [
        "000007 1 0.7 10 20 50 73",
        "000007 1 0.2 60 120 90 180",
        "000007 2 0.5 60 120 90 180",
        "000007 2 0.3 10 20 50 100",
    ]


def test_coco_has_numbers_for_images(found, folder):
    (folder / "sizes.txt").write_text("000007 201 103\n12 50 50\n")
    found(saving(folder, "COCO"))
    first = json.loads((folder / "out/it_.json").read_text())[0]
    assert first == {
        "image_id": 7,
        "category_id": "cat",
        "bbox": [10.3, 20.1, 41.2, 53.61],
        "score": 0.7,
    }


def test_files_are_written_whenever_so_many_images_were_seen(make_layer, folder):
    text = detection_output(saving(folder, "ILSVRC", "num_test_image: 1"))
    layer, bottom, top = make_layer(text, STILL[:1], SCORES[:1], PRIOR)
    layer.forward(bottom, top)
    first = (folder / "out/it_.txt").read_text()
    bottom[1].data[...] = SCORES[1]
    layer.forward(bottom, top)
    assert len(first.splitlines()) == 4
    assert (folder / "out/it_.txt").read_text() == ""


def test_the_file_waits_for_the_last_image(make_layer, folder):
    text = detection_output(saving(folder, "ILSVRC"))
    layer, bottom, top = make_layer(text, STILL[:1], SCORES[:1], PRIOR)
    layer.forward(bottom, top)
    assert not (folder / "out/it_.txt").exists()
    layer.forward(bottom, top)
    assert {line.split()[0] for line in (folder / "out/it_.txt").read_text().splitlines()} == {
        "000007",
        "12",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("VOC", "PASCAL"), "output_format: 'PASCAL' is none of VOC, COCO, ILSVRC"),
        (('it_"', 'it_" num_test_image: 3'), "num_test_image: 3 are more than the 2 images of"),
        (("/out", "/sizes.txt/out"), "output_directory: .*cannot be made: Not a directory"),
    ],
)
def test_what_is_wrong_with_the_files_is_named(make_layer, folder, change, message):
    text = detection_output(saving(folder).replace(*change))
    where = r"layer 'it' \(DetectionOutput\): detection_output_param\.save_output_param: "
    with pytest.raises(ConfigError, match=where + message):
        make_layer(text, STILL, SCORES, PRIOR)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("sizes.txt", "a 5\n", r"sizes.txt:1: expected `name height width`, found 'a 5'"),
        ("sizes.txt", "a 5 0\n", "expected `name height width`"),
        ("sizes.txt", "", "names no images"),
        ("labels.prototxt", 'item { name: "cat" label: 1 }', "has no label 2"),
        (
            "labels.prototxt",
            'item { name: "cat" label: 1 } item { name: "cat" label: 2 }',
            r"label 2 \('cat'\) is named twice",
        ),
    ],
)
def test_what_is_wrong_in_the_files_is_named(make_layer, folder, name, text, message):
    (folder / name).write_text(text)
    with pytest.raises(ConfigError, match=rf"\(DetectionOutput\): .*{message}"):
        make_layer(detection_output(saving(folder)), STILL, SCORES, PRIOR)


@pytest.mark.parametrize(
    ("name", "field"), [("labels.prototxt", "label_map_file"), ("sizes.txt", "name_size_file")]
)
def test_without_its_files_nothing_is_saved_and_a_warning_says_so(
    found, folder, capsys, name, field
):
    (folder / name).unlink()
    handler = log.to_stderr(0)
    found(saving(folder))
    log.silence(handler)
    message = f"layer 'it': save_output_param.{field}: there is no {folder}/{name}; nothing is"
    assert message in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_a_label_map_has_to_be_named(found, folder, capsys):
    handler = log.to_stderr(0)
    found(saving(folder).replace(f'label_map_file: "{folder}/labels.prototxt"', ""))
    log.silence(handler)
    assert "label_map_file: it is not set; nothing is written" in capsys.readouterr().err


def test_it_has_no_backward_pass(make_layer):
    layer, bottom, top = make_layer(detection_output(), STILL, SCORES, PRIOR)
    assert not any(layer.allows_force_backward(i) for i in range(3))
    with pytest.raises(ConfigError, match="has no backward pass"):
        layer.backward(top, bottom)


def test_visualize_is_warned_of(make_layer, capsys):
    handler = log.to_stderr(0)
    make_layer(detection_output("visualize: true"), STILL, SCORES, PRIOR)
    log.silence(handler)
    assert "visualize: nothing is drawn or shown" in capsys.readouterr().err
