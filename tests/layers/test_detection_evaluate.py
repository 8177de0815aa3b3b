import numpy as np
import pytest

from cortado.proto import ConfigError

# Items 0 and 1 with objects of classes 1 and 2: item, label, instance, box, difficult.
OBJECTS = np.array(
    [
        [0, 1, 0, 0.1, 0.1, 0.5, 0.5, 0],
        [0, 1, 1, 0.6, 0.6, 0.9, 0.9, 1],
        [1, 2, 0, 0.2, 0.2, 0.6, 0.8, 0],
        [-1, 9, 9, 0, 0, 0, 0, 0],
    ]
)[None, None]
FOUND = np.array(
    [
        [0, 1, 0.5, 0.1, 0.1, 0.5, 0.45],  # right, but not the best
        [0, 1, 0.9, 0.1, 0.1, 0.5, 0.5],  # right
        [0, 1, 0.7, 0.6, 0.6, 0.9, 0.85],  # the difficult one
        [0, 1, 0.3, 0, 0.8, 0.1, 0.9],  # nothing there
        [0, 2, 0.4, 0.1, 0.1, 0.5, 0.5],  # no object of this class there
        [0, 2, 0.8, 0.1, 0.1, 0.5, 0.5],
        [1, 2, 0.6, 0.2, 0.2, 0.6, 0.51],  # overlaps by 0.517
        [2, 1, 0.2, 0.2, 0.2, 0.6, 0.5],  # an item without objects
    ]
)[None, None]


def evaluate(param=""):
    return f'type: "DetectionEvaluate" detection_evaluate_param {{ num_classes: 3 {param} }}'


@pytest.fixture
def judged(make_layer):
    """judged(param, found) -> the rows of the top, as lists."""

    def run(param="", found=FOUND, objects=OBJECTS, times=1):
        layer, bottom, top = make_layer(evaluate(param), found, objects, phase="TEST")
        assert top[0].shape == (1, 1, 2 + found.shape[2], 5)
        for _ in range(times):
            layer.forward(bottom, top)
        return top[0].data[0, 0].tolist()

    return run


def test_objects_are_counted_and_detections_judged(judged):
    assert judged() == [
        [-1, 1, 2, -1, -1],
        [-1, 2, 1, -1, -1],
        [0, 1, 0.9, 1, 0],
        [0, 1, 0.7, 1, 0],
        [0, 1, 0.5, 0, 1],
        [0, 1, 0.3, 0, 1],
        # Where there is no object of the class, they stay in their order.
        [0, 2, 0.4, 0, 1],
        [0, 2, 0.8, 0, 1],
        [1, 2, 0.6, 1, 0],
        [2, 1, 0.2, 0, 1],
    ]


def test_difficult_objects_need_not_be_found(judged):
    rows = judged("evaluate_difficult_gt: false")
    assert rows[0] == [-1, 1, 1, -1, -1]
    assert rows[3] == [0, 1, 0.7, 0, 0]


def test_how_far_a_detection_must_overlap(judged):
    assert judged("overlap_threshold: 0.52")[8] == [1, 2, 0.6, 0, 1]


def test_the_background_is_no_class(judged):
    found = FOUND[:, :, :1] * [1, 0, 1, 1, 1, 1, 1]
    objects = OBJECTS[:, :, :1] * [1, 0, 1, 1, 1, 1, 1, 1]
    rows = judged("background_label_id: 1", found, objects)
    assert rows == [[-1, 0, 1, -1, -1], [-1, 2, 0, -1, -1], [0, 0, 0.5, 1, 0]]


def test_rows_that_say_nothing_was_found_are_left_out(judged):
    rows = judged(found=np.array([[[[0, *[-1] * 6], [1, *[-1] * 6]]]]))
    assert rows == [[-1, 1, 2, -1, -1], [-1, 2, 1, -1, -1]]


def test_boxes_can_be_compared_in_pixels(judged, tmp_path):
    """In an image of 10 pixels, a pixel more is much more: 4.1 of 7 rows overlap."""
    (tmp_path / "sizes.txt").write_text("a 10 10\nb 10 10\nc 10 10\n")
    sizes = f'name_size_file: "{tmp_path}/sizes.txt" '
    assert judged(sizes + "overlap_threshold: 0.58")[8] == [1, 2, 0.6, 1, 0]
    assert judged(sizes + "overlap_threshold: 0.59")[8] == [1, 2, 0.6, 0, 1]


def test_sizes_go_on_with_the_next_batch_and_begin_anew(judged, tmp_path):
    """Three items a batch: the second item is image b, then, in the second batch, image a."""
    (tmp_path / "sizes.txt").write_text("a 1000 1000\nb 10 10\nc 10 10\nd 10 10\n")
    param = f'name_size_file: "{tmp_path}/sizes.txt" overlap_threshold: 0.57'
    assert judged(param)[8][3:] == [1, 0]
    assert judged(param, times=2)[8][3:] == [0, 1]


def test_of_two_classes_all_objects_are_one(make_layer):
    text = evaluate().replace("num_classes: 3", "num_classes: 2")
    layer, bottom, top = make_layer(text, FOUND, OBJECTS)
    layer.forward(bottom, top)
    assert top[0].data[0, 0, 0].tolist() == [-1, 1, 3, -1, -1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('type: "DetectionEvaluate"', "detection_evaluate_param.num_classes: is required"),
        (evaluate("overlap_threshold: 0"), "overlap_threshold: 0 must be above 0"),
        (evaluate('name_size_file: "none"'), "name_size_file: no such file: none"),
    ],
)
def test_wrong_parameters_are_named(make_layer, text, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(DetectionEvaluate\): .*{message}"):
        make_layer(text, FOUND, OBJECTS)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((1, 1, 2, 5), (1, 1, 2, 8)), r"bottom\[0\] must be \(1, 1, n, 7\), got shape"),
        (((1, 1, 2, 7), (2, 1, 2, 8)), r"bottom\[1\] must be \(1, 1, n, 8\), got shape"),
        (((1, 1, 2, 7), (2, 8)), r"bottom\[1\] must be"),
    ],
)
def test_shapes_that_do_not_fit_are_named(make_layer, shapes, message):
    with pytest.raises(ConfigError, match=message):
        make_layer(evaluate(), *shapes)


@pytest.mark.parametrize("label", [0, 3])
def test_a_detection_of_no_class_is_named(make_layer, label):
    found = FOUND.copy()
    found[0, 0, 3, 1] = label
    layer, bottom, top = make_layer(evaluate(), found, OBJECTS)
    with pytest.raises(ConfigError, match=rf"a detection of label {label}, which is none of the 2"):
        layer.forward(bottom, top)


def test_it_has_no_backward_pass(make_layer):
    layer, bottom, top = make_layer(evaluate(), FOUND, OBJECTS)
    with pytest.raises(ConfigError, match="has no backward pass"):
        layer.backward(top, bottom)
