import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

SCORES = [[0.9, 0.2, 0.3], [0.1, -0.5, 0.6], [0.5, 0.4, 0.3]]
LABELS = [0, 1, 2]


def label_specific_add(fields):
    return f'type: "LabelSpecificAdd" label_specific_add_param {{ {fields} }}'


def added(make_layer, fields, phase="TRAIN", forwards=1):
    layer, bottom, top = make_layer(label_specific_add(fields), SCORES, LABELS, phase=phase)
    for _ in range(forwards):
        layer.forward(bottom, top)
    return np.round(top[0].data - SCORES, 6)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("bias: -0.35", [-0.35, 0, 0]),  # 0.3 and -0.5 are not above 0.35
        ("bias: 0.4", [0.4, 0, 0.4]),
        ("", [0, 0, 0]),
        ("bias: 0.4 transform_test: true", [0.4, 0, 0.4]),
    ],
)
def test_the_labels_score_gets_the_bias_where_it_is_above_minus_the_bias(
    make_layer, fields, expected
):
    assert added(make_layer, fields).tolist() == np.diag(expected).tolist()
    assert not added(make_layer, fields, phase="TEST").any()


@pytest.mark.parametrize(
    ("fields", "forwards", "bias"),
    [
        ("bias_base: -0.1 bias_gamma: 0.1 bias_max: 9 bias_min: -1", 1, -0.1),
        ("bias_base: -0.1 bias_gamma: 0.1 bias_max: 9 bias_min: -1", 3, 0.1),
        ("bias_base: 0.5 bias_gamma: 1 bias_power: 2 iteration: 2 bias_max: 99", 1, 8.5),
        ("bias_base: 0.5 bias_gamma: 1 bias_power: 2 iteration: 2 bias_max: 4", 1, 4),
        ("bias_base: -0.5 bias_max: 9 bias_min: -0.2", 1, -0.2),
    ],
)
def test_the_bias_may_change_with_the_iterations(make_layer, fields, forwards, bias):
    assert added(make_layer, fields, forwards=forwards)[0, 0] == pytest.approx(bias)


def test_a_resumed_run_counts_on(make_layer):
    prototxt = label_specific_add("bias_base: -0.1 bias_gamma: 0.1 bias_max: 9 bias_min: -1")
    layer, bottom, top = make_layer(prototxt, SCORES, LABELS)
    layer.forward(bottom, top)
    other, bottom, top = make_layer(prototxt, SCORES, LABELS)
    other.restore(layer.state())
    other.forward(bottom, top)
    assert top[0].data[0, 0] - 0.9 == pytest.approx(0)


def test_gradient(make_layer):
    check_gradients(*make_layer(label_specific_add("bias: -0.35"), SCORES, LABELS))


def test_it_works_in_place(make_layer):
    layer, bottom, top = make_layer(label_specific_add("bias: 0.4"), SCORES, LABELS)
    layer.forward(bottom, top)
    layer.forward(bottom, bottom[:1])
    assert bottom[0].data.tolist() == top[0].data.tolist()
    bottom[0].diff[...] = 7
    layer.backward(bottom[:1], bottom)
    assert (bottom[0].diff == 7).all()


def test_labels_have_no_gradient(make_layer):
    layer, bottom, top = make_layer(label_specific_add(""), SCORES, LABELS)
    assert [layer.allows_force_backward(i) for i in (0, 1)] == [True, False]
    layer.propagate_down = [True, True]
    with pytest.raises(ConfigError, match=r"cannot give bottom\[1\], the labels, a gradient"):
        layer.backward(top, bottom)


def test_a_label_without_a_score_is_named(make_layer):
    layer, bottom, top = make_layer(label_specific_add(""), SCORES, [0, 1, 3])
    with pytest.raises(
        ConfigError, match=r"index 3 at \[2\] of bottom\[1\], the labels, is not in"
    ):
        layer.forward(bottom, top)


def test_labels_that_do_not_fit_are_named(make_layer):
    message = r"\(LabelSpecificAdd\): bottom\[1\] must be one label for each item .*\(2,\)"
    with pytest.raises(ConfigError, match=message):
        make_layer(label_specific_add(""), SCORES, (2,))
