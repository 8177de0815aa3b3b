import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def reduction(levels="", param=""):
    text = f"{levels} reduction_param {{ {param} }}"
    return f'type: "BatchReduction" batch_reduction_param {{ {text} }}'


@pytest.mark.parametrize(("operation", "reduce"), [("SUM", np.sum), ("MEAN", np.mean)])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_levels_are_parts_of_the_axis(make_layer, operation, reduce, axis):
    param = f"operation: {operation} axis: {axis}"
    shape = [2, 3, 2]
    shape[axis] = 5
    layer, (x,), (y,) = make_layer(reduction("level: 2 level: 1", param), tuple(shape))
    layer.forward([x], [y])
    along = np.moveaxis(x.data, axis, 0)
    expected = [reduce(along[:4], axis=0), reduce(along[4:], axis=0)]
    np.testing.assert_allclose(np.moveaxis(y.data, axis, 0), expected, rtol=1e-12)
    check_gradients(layer, [x], [y])


@pytest.mark.parametrize("levels", ["", "level: 1"])
@pytest.mark.parametrize(("axis", "shape"), [(0, (3, 2)), (1, (3, 4)), (0, (4,))])
def test_a_single_level_1_is_all_of_the_axis(make_layer, levels, axis, shape):
    layer, (x,), (y,) = make_layer(reduction(levels, f"operation: MEAN axis: {axis}"), shape)
    layer.forward([x], [y])
    np.testing.assert_allclose(y.data, x.data.mean(axis=axis), rtol=1e-12)
    assert y.shape == shape[:axis] + shape[axis + 1 :]
    check_gradients(layer, [x], [y])


def test_sums_over_axis_0_by_default(make_layer):
    layer, (x,), (y,) = make_layer('type: "BatchReduction"', (3, 2))
    layer.forward([x], [y])
    np.testing.assert_allclose(y.data, x.data.sum(axis=0), rtol=1e-12)


@pytest.mark.parametrize(
    ("levels", "param", "message"),
    [
        ("", "operation: ASUM", "reduction_param.operation: must be SUM or MEAN, got ASUM"),
        ("", "coeff: 2", "reduction_param.coeff: 2 must be 1; multiply with a Power or Scale"),
        ("", "axis: 3", "reduction_param.axis: 3 is out of range for a bottom with 2 axes"),
        ("level: 0", "", "batch_reduction_param.level: 0 must be 1 or more"),
        ("level: 2", "", r"levels \[2\] stand for 4 places, but axis 0 .* has 3"),
    ],
)
def test_errors(make_layer, levels, param, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(BatchReduction\): .*{message}"):
        make_layer(reduction(levels, param), (3, 2))
