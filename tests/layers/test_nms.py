import numpy as np
import pytest

from cortado.proto import ConfigError


def nms(param="num_parts: 1"):
    return f'type: "Nms" nms_param {{ {param} }}'


def run(make_layer, values, param="num_parts: 1 max_peaks: 4"):
    values = np.array(values, float)
    layer, bottom, (y,) = make_layer(nms(param), values.reshape(1, -1, *values.shape[-2:]))
    layer.forward(bottom, [y])
    return y.data


def test_a_lone_peak(make_layer):
    values = np.zeros((9, 12))
    values[4, 7] = 0.8
    assert run(make_layer, values)[0, 0].tolist() == [[1, 0, 0], [7, 4, 0.8], *[[0, 0, 0]] * 3]


def test_its_place_is_the_mean_of_what_is_around(make_layer):
    values = np.zeros((9, 12))
    values[4, 7], values[4, 8], values[5, 7], values[4, 11], values[1, 6] = 0.8, 0.4, 0.2, 9, -5
    values[4, 10] = 0.1
    peak = run(make_layer, values)[0, 0, 1]
    total = 0.8 + 0.4 + 0.2 + 0.1
    x = (7 * 0.8 + 8 * 0.4 + 7 * 0.2 + 10 * 0.1) / total
    y = (4 * 0.8 + 4 * 0.4 + 5 * 0.2 + 4 * 0.1) / total
    np.testing.assert_allclose(peak, [x, y, 0.8])


def test_the_first_row_and_column_do_not_move_a_peak(make_layer):
    values = np.zeros((6, 6))
    values[1, 1], values[0, 1], values[1, 0], values[1, 2] = 0.8, 0.4, 0.4, 0.4
    np.testing.assert_allclose(run(make_layer, values)[0, 0, 1], [(0.8 + 0.8) / 1.2, 1, 0.8])


@pytest.mark.parametrize("place", [(0, 3), (5, 3), (3, 0), (3, 5)])
def test_there_are_no_peaks_on_the_border(make_layer, place):
    values = np.zeros((6, 6))
    values[place] = 1
    assert run(make_layer, values).sum() == 0


def test_a_peak_is_above_the_threshold_and_above_all_neighbours(make_layer):
    values = np.zeros((7, 7))
    values[1, 1], values[3, 3], values[4, 4] = 0.5, 0.9, 0.9
    assert run(make_layer, values)[0, 0, 0, 0] == 0
    values[1, 1] = 0.51
    assert run(make_layer, values)[0, 0, 0, 0] == 1


def test_of_too_many_peaks_the_first_are_given(make_layer):
    values = np.zeros((5, 19))
    values[2, 2::5] = [0.6, 0.7, 0.8, 0.9]
    y = run(make_layer, values, "num_parts: 1 max_peaks: 2")
    assert y[0, 0, 0, 0] == 2
    np.testing.assert_allclose(y[0, 0, 1:, 2], [0.6, 0.7])


def test_each_of_the_first_maps_of_each_image_counts(make_layer):
    values = np.zeros((2, 3, 5, 5))
    for item, part in np.ndindex(2, 3):
        values[item, part, 2, 2] = 0.6 + 0.1 * part + 0.01 * item
    layer, bottom, (y,) = make_layer(nms("num_parts: 2 max_peaks: 1"), values)
    layer.forward(bottom, [y])
    assert y.shape == (2, 2, 2, 3)
    np.testing.assert_allclose(y.data[:, :, 1, 2], [[0.6, 0.7], [0.61, 0.71]])


def test_a_negative_peak_stays_in_its_place(make_layer):
    values = np.full((5, 5), -2.0)
    values[2, 3] = -1
    y = run(make_layer, values, "num_parts: 1 max_peaks: 1 threshold: -1.5")
    assert y[0, 0, 1].tolist() == [3, 2, -1]


def test_defaults(make_layer):
    layer, _, (y,) = make_layer('type: "Nms"', (1, 16, 4, 4))
    assert y.shape == (1, 15, 21, 3)
    assert layer.param.nms_param.threshold == 0.5


@pytest.mark.parametrize(
    ("param", "shape", "message"),
    [
        ("max_peaks: 0", (1, 15, 3, 3), "nms_param.max_peaks: must be 1 or more"),
        ("num_parts: 0", (1, 15, 3, 3), "nms_param.num_parts: must be 1 or more"),
        ("num_parts: 4", (1, 3, 3, 3), "num_parts: 4 is more than the bottom has maps, 3"),
        ("", (15, 3, 3), r"needs a bottom \(N, C, H, W\), got shape \(15, 3, 3\)"),
    ],
)
def test_errors(make_layer, param, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Nms\): .*{message}"):
        make_layer(nms(param), shape)


def test_it_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(nms(), (1, 1, 3, 3))
    layer.backward(top, bottom)
    layer.propagate_down = [True]
    with pytest.raises(ConfigError, match="cannot give its bottom a gradient"):
        layer.backward(top, bottom)
