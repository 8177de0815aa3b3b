import numpy as np
import pytest

from cortado.proto import ConfigError

IMAGE = [[200, 300, 1]]


def twin(param_str="'feat_stride': 16"):
    return (
        'type: "Python" python_param { module: "rpn.proposal_layer" layer: "ProposalLayer" '
        f'param_str: "{param_str}" }}'
    )


@pytest.mark.parametrize(
    ("phase", "before", "after"), [("TRAIN", 12000, 2000), ("TEST", 6000, 300)]
)
def test_it_is_the_proposal_layer_with_the_settings_of_the_phase(make_layer, phase, before, after):
    shifts = np.random.default_rng(4).normal(0, 0.3, (1, 36, 12, 19))
    layer, bottom, top = make_layer(twin(), (1, 18, 12, 19), shifts, IMAGE, tops=2, phase=phase)
    rule = layer.instance._rule
    assert (rule.before, rule.after, rule.threshold, rule.least_size) == (before, after, 0.7, 16)
    layer.forward(bottom, top)
    prototxt = (
        'type: "Proposal" proposal_param { ratio: [0.5, 1, 2] scale: [8, 16, 32] '
        f"pre_nms_topn: {before} post_nms_topn: {after} }}"
    )
    other, _, expected = make_layer(prototxt, (1, 18, 12, 19), shifts, IMAGE, tops=2)
    other.forward(bottom, expected)
    assert len(top[0].data) > 10
    np.testing.assert_allclose(top[0].data, expected[0].data, atol=1e-4)  # 0.7 as float32
    assert top[1].shape == (len(top[0].data), 1, 1, 1)
    np.testing.assert_array_equal(top[1].data.ravel(), expected[1].data)


def test_settings_are_entries_of_param_str(make_layer):
    text = (
        "{'feat_stride': 8, 'scales': !!python/tuple [4, 8], "
        "rpn_post_nms_top_n: 7, 'RPN_MIN_SIZE': 2}"
    )
    layer, bottom, top = make_layer(twin(text), (1, 12, 8, 8), (1, 24, 8, 8), IMAGE)
    layer.forward(bottom, top)
    assert top[0].shape == (7, 5)
    assert layer.instance._rule.least_size == 2
    assert layer.instance._rule.stride == 8


def test_its_gradient_is_0(make_layer):
    layer, bottom, top = make_layer(twin(), (1, 18, 5, 6), (1, 36, 5, 6), IMAGE)
    layer.forward(bottom, top)
    bottom[0].diff[...] = 7
    layer.propagate_down = [True, False, False]
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()


@pytest.mark.parametrize(
    ("param_str", "message"),
    [
        ("", "feat_stride is required"),
        ("'feat_strid': 16", "'feat_strid': 16.* is not `name: value` with one of the names feat"),
        ("16", "'16' is not `name: value`"),
        ("'feat_stride': [16]", r"feat_stride must be a number, found \[16\]"),
        ("'feat_stride': x", "feat_stride must be a number, found x"),
        ("'feat_stride': 16, 'scales': 8", "scales must be a list of numbers, found 8"),
    ],
)
def test_wrong_settings_are_named(make_layer, param_str, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Python\): .*param_str: .*{message}"):
        make_layer(twin(param_str), (1, 18, 5, 6), (1, 36, 5, 6), IMAGE)


def test_the_number_of_blobs_is_checked(make_layer):
    with pytest.raises(ConfigError, match=r"ProposalLayer: needs 3 bottoms .* got 2 and 1"):
        make_layer(twin(), (1, 18, 5, 6), (1, 36, 5, 6))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 18, 5, 6), (2, 36, 5, 6), (2, 3)], r"bottom\[0\] must be scores \(1, 18, H, W\)"),
        ([(1, 18, 5, 6), (1, 36, 5, 5), (1, 3)], r"bottom\[1\] must be shifts \(1, 36, 5, 6\)"),
        ([(1, 18, 5, 6), (1, 36, 5, 6), (3,)], r"bottom\[2\] must be image \(1, 3\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, shapes, message):
    layer, bottom, top = make_layer(twin(), *shapes)
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Python\): .*ProposalLayer: .*{message}"):
        layer.forward(bottom, top)
