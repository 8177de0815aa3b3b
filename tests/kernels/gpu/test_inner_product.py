import numpy as np
import pytest
from gpu_parity import check_parity


def inner_product(options: str) -> str:
    return f'type: "InnerProduct" inner_product_param {{ {options} }}'


@pytest.mark.parametrize("transpose", ["false", "true"])
@pytest.mark.parametrize("shape", [(3, 4), (5, 3, 2, 4), (2, 3, 1, 1), (1, 7)])
def test_inner_product(gpu, shape, transpose):
    check_parity(gpu, inner_product(f"num_output: 6 transpose: {transpose}"), shape)


@pytest.mark.parametrize("axis", [0, 2, -1])
def test_axis(gpu, axis):
    check_parity(gpu, inner_product(f"num_output: 3 axis: {axis}"), (2, 3, 4))


def test_without_bias(gpu):
    check_parity(gpu, inner_product("num_output: 3 bias_term: false"), (2, 3, 4, 5))


def test_no_bottom_gradient(gpu):
    check_parity(gpu, inner_product("num_output: 3"), (4, 5), no_gradient=[0])


@pytest.mark.parametrize("transpose", ["false", "true"])
def test_sums_longer_than_a_strip_and_matrices_larger_than_a_tile(gpu, transpose):
    check_parity(gpu, inner_product(f"num_output: 67 transpose: {transpose}"), (66, 37))


def test_long_sums_are_shared_out_to_blocks(gpu):
    # In forward over 300 inputs, in backward over 300 rows.
    check_parity(gpu, inner_product("num_output: 5"), (3, 300), atol=1e-4)
    check_parity(gpu, inner_product("num_output: 5"), (300, 3), atol=1e-4)


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_nothing(gpu, shape):
    check_parity(gpu, inner_product("num_output: 3"), np.zeros(shape))
