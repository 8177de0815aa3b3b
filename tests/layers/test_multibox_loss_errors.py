import numpy as np
import pytest

from cortado.proto import ConfigError

SHAPES = ((2, 12), (2, 9), (1, 2, 12), (1, 1, 1, 8))


def multibox_loss(param):
    return f'type: "MultiBoxLoss" multibox_loss_param {{ {param} }}'


@pytest.mark.parametrize(
    ("param", "message"),
    [
        ("num_classes: 0", "num_classes: is required; it counts the background"),
        ("num_classes: 3 background_label_id: 3", "background_label_id: 3 is none of the 3 class"),
        ("num_classes: 3 do_neg_mining: false", "do_neg_mining: contradicts mining_type"),
        ("num_classes: 3 share_location: false", "share_location: false needs mining_type: NONE"),
        (
            "num_classes: 3 mining_type: HARD_EXAMPLE sample_size: 0",
            "sample_size: 0 must be 1 or more",
        ),
        ("num_classes: 3 gamma: 2", "gamma: is a focal-loss SSD's, and not supported"),
    ],
)
def test_wrong_parameters_are_named(make_layer, param, message):
    with pytest.raises(
        ConfigError, match=rf"layer 'it' \(MultiBoxLoss\): multibox_loss_param[.:] ?{message}"
    ):
        make_layer(multibox_loss(param), *SHAPES)


@pytest.mark.parametrize(
    ("i", "shape", "message"),
    [
        (0, (2, 8), r"bottom\[0\] has shape \(2, 8\); with 4 numbers .* 3 priors .* \(2, 12\)"),
        (1, (2, 12), r"bottom\[1\] has shape \(2, 12\); with 3 numbers .* must be \(2, 9\)"),
        (1, (1, 9), r"bottom\[1\] has shape \(1, 9\)"),
        (2, (1, 12), r"bottom\[2\] must hold priors, \(1, 2, P \* 4\), got shape \(1, 12\)"),
        (2, (2, 2, 12), r"bottom\[2\] has the priors of 2 images"),
        (3, (1, 1, 2, 7), r"bottom\[3\] must hold objects, \(1, 1, n, 8\), got shape"),
        (4, (2, 3), r"bottom\[4\] has shape \(2, 3\); with 2 numbers .* must be \(2, 6\)"),
        (5, (2, 6), r"bottom\[5\] has shape \(2, 6\); with 4 numbers .* must be \(2, 12\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(make_layer, i, shape, message):
    shapes = [(2, 12), (2, 9), (1, 2, 12), (1, 1, 1, 8), (2, 6), (2, 12)]
    shapes[i] = shape
    with pytest.raises(ConfigError, match=rf"layer 'it' \(MultiBoxLoss\): {message}"):
        make_layer(multibox_loss("num_classes: 3"), *shapes)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (1, 3, r"a box of item 0 has label 3, outside \[0, 3\); is num_classes"),
        (1, -2, "a box of item 0 has label -2, outside"),
        (1, 0, "a box of item 0 has label 0, the background's"),
        (3, np.nan, r"a box of item 0 is \[nan, .*\]; it must be finite"),
        (0, 2, r"bottom\[3\] has a box of item 2; the batch has items 0 to 1"),
    ],
)
def test_objects_that_cannot_be_are_named(make_layer, place, value, message):
    objects = np.array([[[[0, 2, 0, 0, 0, 0.5, 0.9, 0]]]])
    objects[..., place] = value
    priors = np.tile([0.2, 0.2, 0.6, 0.6], 6).reshape(1, 2, 12)
    text = multibox_loss("num_classes: 3")
    layer, bottom, top = make_layer(text, *SHAPES[:2], priors, objects)
    with pytest.raises(ConfigError, match=rf"layer 'it' \(MultiBoxLoss\): {message}"):
        layer.forward(bottom, top)
