import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def crop(param=""):
    return f'type: "Crop" crop_param {{ {param} }}'


CASES = [
    ("", (2, 3, 5, 6), (1, 1, 4, 3), np.s_[:, :, :4, :3]),
    ("offset: 1", (2, 3, 5, 6), (1, 1, 4, 3), np.s_[:, :, 1:5, 1:4]),
    ("offset: 0 offset: 2", (2, 3, 5, 6), (1, 1, 4, 3), np.s_[:, :, 0:4, 2:5]),
    ("axis: 1 offset: 2 offset: 0 offset: 3", (2, 3, 5, 6), (9, 1, 4, 3), np.s_[:, 2:, :4, 3:]),
    ("axis: 0 offset: 1", (3, 4), (2, 2), np.s_[1:3, 1:3]),
    ("axis: -1", (4, 5), (1, 3), np.s_[:, :3]),
    ("axis: 2 offset: 1", (1, 2, 3, 3, 3), (1, 2, 2, 1, 2), np.s_[:, :, 1:3, 1:2, 1:3]),
    ("axis: 0", (4,), (4,), np.s_[:]),
]


@pytest.mark.parametrize(("param", "shape", "reference", "part"), CASES)
def test_the_top_is_a_part_of_the_bottom(make_layer, param, shape, reference, part):
    layer, bottom, top = make_layer(crop(param), shape, reference)
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, bottom[0].data[part])


@pytest.mark.parametrize(("param", "shape", "reference", "part"), CASES)
def test_gradient(make_layer, param, shape, reference, part):
    layer, bottom, top = make_layer(crop(param), shape, reference)
    bottom[0].diff[...] = 99
    check_gradients(layer, bottom, top)


def test_the_reference_has_gradient_0_if_one_is_wanted(make_layer):
    layer, bottom, top = make_layer(crop(), (1, 1, 4, 4), (1, 1, 2, 2))
    assert [layer.allows_force_backward(i) for i in range(2)] == [True, False]
    layer.propagate_down = [False, True]
    for blob in bottom:
        blob.diff[...] = 99
    layer.backward(top, bottom)
    assert (bottom[0].diff == 99).all()
    assert (bottom[1].diff == 0).all()


@pytest.mark.parametrize(
    ("param", "reference", "message"),
    [
        ("axis: 4", (1, 1, 2, 2), "crop_param.axis: 4 is out of range"),
        ("offset: 1 offset: 1 offset: 1", (1, 1, 2, 2), "3 values; give none, one or 2, one for"),
        ("", (1, 2, 2), r"as many axes as bottom\[0\]; they are \(1, 2, 2\) and \(1, 1, 4, 5\)"),
        ("", (1, 1, 2, 6), "axis 3 of bottom.0., 5 long, cannot be cropped to 6 from .* 0 on"),
        ("offset: 3", (1, 1, 2, 2), "axis 2 of bottom.0., 4 long, cannot be cropped to 2 from"),
    ],
)
def test_errors(make_layer, param, reference, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(Crop\): .*{message}"):
        make_layer(crop(param), (1, 1, 4, 5), reference)
