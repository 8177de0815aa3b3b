import numpy as np
import pytest
from gpu_parity import check_parity


@pytest.mark.parametrize("values", ["true", "false"])
@pytest.mark.parametrize("top_k", [1, 3])
@pytest.mark.parametrize("axis", ["", "axis: 1", "axis: 0", "axis: -1"])
@pytest.mark.parametrize("shape", [(4, 5, 3, 6), (4, 70)])
def test_arg_max(gpu, shape, axis, top_k, values):
    param = f"top_k: {top_k} out_max_val: {values} {axis}"
    check_parity(gpu, f'type: "ArgMax" argmax_param {{ {param} }}', shape, backward=False)


@pytest.mark.parametrize("top_k", [1, 4])
@pytest.mark.parametrize("axis", ["", "axis: 1"])
def test_of_equals_the_last_comes_first(gpu, axis, top_k):
    x = np.random.default_rng(1).integers(0, 3, (3, 40, 2, 3))
    prototxt = f'type: "ArgMax" argmax_param {{ top_k: {top_k} {axis} }}'
    check_parity(gpu, prototxt, x, backward=False)


@pytest.mark.parametrize("size", [1, 33, 5000])
def test_items_of_many_sizes(gpu, size):
    check_parity(gpu, 'type: "ArgMax"', (2, size), backward=False)


def test_infinite_numbers(gpu):
    x = np.full((2, 5), -np.inf)
    x[1, 2] = np.inf
    check_parity(gpu, 'type: "ArgMax" argmax_param { top_k: 2 }', x, backward=False)


def test_nothing(gpu):
    check_parity(gpu, 'type: "ArgMax"', (0, 3), backward=False)
