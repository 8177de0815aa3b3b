import numpy as np
import pytest
from gpu_parity import check_parity

from cortado.core import Blob
from cortado.kernels.gpu import Context, Eltwise, WithReLU
from cortado.kernels.slope import Ceiling

SHAPE = (2, 3, 4, 5)
TIES = np.array([1.0, 2, np.nan, 0, -1, np.inf])


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("bottoms", [2, 3, 5])
@pytest.mark.parametrize("operation", ["SUM", "MAX"])
def test_sums_and_maxima(gpu, operation, bottoms, in_place):
    layer = f'type: "Eltwise" eltwise_param {{ operation: {operation} }}'
    check_parity(gpu, layer, *[SHAPE] * bottoms, in_place=in_place)


@pytest.mark.parametrize("in_place", [False, True])
def test_sums_with_coefficients(gpu, in_place):
    layer = 'type: "Eltwise" eltwise_param { coeff: 2 coeff: 1 coeff: -0.3 }'
    check_parity(gpu, layer, *[SHAPE] * 3, in_place=in_place)


@pytest.mark.parametrize("bottoms", [2, 4])
@pytest.mark.parametrize("stable", ["true", "false"])
def test_products(gpu, stable, bottoms):
    layer = f'type: "Eltwise" eltwise_param {{ operation: PROD stable_prod_grad: {stable} }}'
    check_parity(gpu, layer, *[SHAPE] * bottoms, rtol=1e-3)
    check_parity(gpu, layer, *[SHAPE] * bottoms, no_gradient=[0])
    with pytest.raises(ValueError, match="cannot work in place"):
        check_parity(gpu, layer, SHAPE, SHAPE, in_place=True)


def test_where_several_are_the_maximum(gpu):
    layer = 'type: "Eltwise" eltwise_param { operation: MAX }'
    check_parity(gpu, layer, TIES, TIES, TIES)
    check_parity(gpu, layer, TIES, TIES[::-1], np.zeros(6))
    check_parity(gpu, layer, TIES, -TIES, -TIES, backward=False, no_gradient=[0, 1, 2])


@pytest.mark.parametrize("operation", ["SUM", "PROD", "MAX"])
@pytest.mark.parametrize("slope", [0.0, 0.2, Ceiling(1.5)])
def test_a_relu_is_applied_to_the_result(gpu, slope, operation):
    rng = np.random.default_rng(4)
    bottom, top = [Blob((50,)), Blob((50,))], [Blob((50,))]
    for blob in (*bottom, *top):
        blob.live_on(gpu.residence)
        blob.data[...] = rng.standard_normal(50)
    x = [blob.data.copy() for blob in bottom]
    y = {"SUM": x[0] + x[1], "PROD": x[0] * x[1], "MAX": np.maximum(*x)}[operation]
    kernel = WithReLU(Context(gpu), Eltwise(Context(gpu), operation, [1, 1]), slope)
    gpu.residence.begin()
    calls = kernel.bind_forward(bottom, top)
    for call in calls:
        call()
    gpu.residence.end()
    if isinstance(slope, Ceiling):
        expected = np.clip(y, 0, slope.limit)
    else:
        expected = np.where(y > 0, y, slope * y)
    np.testing.assert_allclose(top[0].data, expected, 1e-6)
    assert len(calls) == (1 if operation == "SUM" else 2)


@pytest.mark.parametrize("tops", [1, 2, 4])
@pytest.mark.parametrize("shape", [SHAPE, (7,), (0, 3)])
def test_splits(gpu, shape, tops):
    check_parity(gpu, 'type: "Split"', shape, tops=tops)
    check_parity(gpu, 'type: "Split"', shape, tops=tops, no_gradient=[0])


def test_many_numbers_are_computed_by_many_blocks(gpu):
    check_parity(gpu, 'type: "Eltwise"', *[(3, 5, 31, 33)] * 2)


def test_nothing_is_computed_on_nothing(gpu):
    for operation in ("SUM", "PROD", "MAX"):
        layer = f'type: "Eltwise" eltwise_param {{ operation: {operation} }}'
        check_parity(gpu, layer, (0, 3), (0, 3))
