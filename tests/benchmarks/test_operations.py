"""Operations, counted by hand."""

import numpy as np
from nets.operations import operations

DESCRIPTION = {
    "inputs": {"data": [2, 3, 8, 8]},
    "layers": [
        {"type": "Convolution", "name": "c", "bottoms": ["data"], "top": "c"},
        {"type": "ReLU", "name": "r", "bottoms": ["c"], "top": "c@r"},
        {"type": "InnerProduct", "name": "p", "bottoms": ["c@r"], "top": "p"},
    ],
}
FILTERS = {"c:0": np.zeros((4, 3, 3, 3)), "p:0": np.zeros((5, 144))}
TOPS = {"c": (2, 4, 6, 6), "r": (2, 4, 6, 6), "p": (2, 5)}
CONVOLUTION = 2 * (4 * 3 * 3 * 3) * 2 * 36
PRODUCT = 2 * (5 * 144) * 2


def test_inference_takes_two_operations_for_each_multiply_add():
    assert operations(DESCRIPTION, FILTERS, TOPS, training=False) == CONVOLUTION + PRODUCT


def test_the_gradient_of_an_input_is_not_computed():
    assert operations(DESCRIPTION, FILTERS, TOPS, training=True) == 2 * CONVOLUTION + 3 * PRODUCT
