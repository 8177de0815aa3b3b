"""Operations, and what layers must at least move, counted by hand."""

import numpy as np
import pytest
from nets.operations import operations
from nets.roofline import Work, least_seconds, works_of

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


LAYERS = [dict(layer, in_place=layer["name"] == "r") for layer in DESCRIPTION["layers"]]
IN_PLACE = DESCRIPTION | {"layers": LAYERS}
X, Y, P = 2 * 3 * 64, 2 * 4 * 36, 2 * 5


def test_layers_read_and_write_their_blobs_once_each_way():
    convolution, relu, product = works_of(IN_PLACE, FILTERS, TOPS)
    assert convolution == Work(2 * CONVOLUTION, X + Y + Y + X, 4 * 27)  # no gradient of the input
    assert relu == Work(0, 0, 0)
    assert product == Work(3 * PRODUCT, Y + P + P + Y + Y, 5 * 144)


def test_a_layer_that_is_not_in_place_moves_its_blobs():
    beside = IN_PLACE | {"layers": [layer | {"in_place": False} for layer in LAYERS]}
    assert works_of(beside, FILTERS, TOPS)[1].numbers == 5 * Y


def test_a_layer_takes_as_long_as_the_slower_of_both():
    works = [Work(100.0, 1, 0), Work(1.0, 10, 1)]
    assert least_seconds(works, rate=10, bandwidth=2, size=2) == pytest.approx(10 + (20 + 32) / 2)


def test_more_pictures_leave_the_weights_as_they_are():
    assert Work(3.0, 5, 7).times(2) == Work(6.0, 10, 7)
