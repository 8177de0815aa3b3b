import numpy as np
import pytest
from gpu_parity import check_parity

SHAPE = (2, 3, 4, 5)


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1])
@pytest.mark.parametrize("operation", ["SUM", "ASUM", "SUMSQ", "MEAN"])
def test_trailing_axes_are_reduced(gpu, operation, axis):
    options = f"operation: {operation} axis: {axis} coeff: 0.5"
    check_parity(gpu, f'type: "Reduction" reduction_param {{ {options} }}', SHAPE)


@pytest.mark.parametrize("shape", [(7,), (4, 6), (3, 1, 2), (0, 3), (3, 0)])
@pytest.mark.parametrize("axis", [0, -1])
def test_shapes_of_other_numbers_of_axes(gpu, shape, axis):
    for operation in ("SUMSQ", "MEAN"):
        options = f"operation: {operation} axis: {axis}"
        check_parity(gpu, f'type: "Reduction" reduction_param {{ {options} }}', shape)


def test_the_absolute_value_of_0_has_no_slope(gpu):
    x = np.array([0.0, -0.0, 2, -3])
    check_parity(gpu, 'type: "Reduction" reduction_param { operation: ASUM }', x)


def test_long_sums_are_taken_by_many_blocks(gpu):
    check_parity(gpu, 'type: "Reduction"', (3, 5, 31, 33), atol=1e-3)


@pytest.mark.parametrize("shape", [SHAPE, (2, 3), (2, 3, 4), (2, 3, 2, 3, 2), (0, 3, 2), (2, 0, 2)])
def test_lengths_of_vectors_of_channels(gpu, shape):
    check_parity(gpu, 'type: "ChannelNorm"', shape)
    check_parity(gpu, 'type: "ChannelNorm"', np.zeros(shape))


@pytest.mark.parametrize("operation", ["SUM", "MEAN"])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_parts_of_an_axis_are_reduced(gpu, axis, operation):
    shape = [3, 4, 3]
    shape[axis] = 14
    reduction = f"reduction_param {{ operation: {operation} axis: {axis} }}"
    levels = "level: 1 level: 2 level: 3"
    for options in (reduction, f"{levels} {reduction}"):
        layer = f'type: "BatchReduction" batch_reduction_param {{ {options} }}'
        check_parity(gpu, layer, tuple(shape))


def test_parts_of_nothing_are_reduced(gpu):
    for shape in ((0, 3), (3, 0)):
        check_parity(gpu, 'type: "BatchReduction"', shape)
