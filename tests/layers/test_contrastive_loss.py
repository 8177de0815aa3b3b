import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

ALIKE = [1, 0, 0, 1]


def contrastive_loss(param=""):
    return f'type: "ContrastiveLoss" contrastive_loss_param {{ {param} }}'


def make(make_layer, param, shape=(4, 3)):
    """Pairs nearer and farther than any margin in these tests, none exactly at it."""
    rng = np.random.default_rng(5)
    a = rng.standard_normal(shape)
    steps = np.reshape([0.5, 0.3, 3, 3], (4,) + (1,) * (len(shape) - 1))
    b = a + steps * rng.uniform(0.5, 1, shape)
    return make_layer(contrastive_loss(param), a, b, ALIKE)


@pytest.mark.parametrize(
    ("param", "unlike"),
    [
        ("", lambda d: max(1 - d, 0) ** 2),
        ("margin: 2", lambda d: max(2 - d, 0) ** 2),
        ("margin: 2 legacy_version: true", lambda d: max(2 - d * d, 0)),
    ],
)
def test_like_pairs_pay_for_distance_and_unlike_ones_for_nearness(make_layer, param, unlike):
    layer, bottom, top = make(make_layer, param)
    layer.forward(bottom, top)
    distances = [np.linalg.norm(a - b) for a, b in zip(bottom[0].data, bottom[1].data, strict=True)]
    pairs = zip(distances, ALIKE, strict=True)
    expected = sum(d * d if alike else unlike(d) for d, alike in pairs) / (2 * 4)
    assert top[0].data == pytest.approx(expected, rel=1e-12)
    assert unlike(distances[1]) > 0 == unlike(distances[2])


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 1, 1)])
@pytest.mark.parametrize(
    # Caffe divides by distance + 1e-4 where the derivative has distance.
    ("param", "tolerance"),
    [("", 2e-4), ("margin: 2 legacy_version: true", 1e-6)],
)
def test_gradient(make_layer, param, tolerance, shape):
    check_gradients(*make(make_layer, param, shape), tolerance=tolerance)


def test_gradient_of_equal_unlike_items_is_0(make_layer):
    layer, bottom, top = make_layer(contrastive_loss(), [[1.0, 2]], [[1.0, 2]], [0])
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert top[0].data == 0.5
    assert bottom[0].diff.tolist() == bottom[1].diff.tolist() == [[0, 0]]


def test_only_what_is_wanted_is_written(make_layer):
    layer, bottom, top = make(make_layer, "")
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.propagate_down = [False, True, False]
    layer.backward(top, bottom)
    assert not bottom[0].has_diff
    assert bottom[1].diff[0].all()


def test_the_mark_of_a_pair_has_no_gradient(make_layer):
    layer, bottom, top = make(make_layer, "")
    layer.forward(bottom, top)
    assert [layer.allows_force_backward(i) for i in range(3)] == [True, True, False]
    layer.propagate_down = [True, True, True]
    with pytest.raises(ConfigError, match=r"cannot give bottom\[2\] a gradient"):
        layer.backward(top, bottom)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 3), (3, 3), (2,)], r"bottom\[0\] and bottom\[1\] must have the same first dimension"),
        ([(2, 3), (2, 3), (3,)], r"bottom\[0\] and bottom\[2\] must have the same first dimension"),
        ([(2, 3), (2, 4), (2,)], r"must be of one size, got shapes \(2, 3\) and \(2, 4\)"),
        ([(2, 3), (2, 3), (2, 3)], r"bottom\[2\] must be one number per pair, of shape \(2,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(make_layer, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(ContrastiveLoss\): .*{message}"):
        make_layer(contrastive_loss(), *shapes)
