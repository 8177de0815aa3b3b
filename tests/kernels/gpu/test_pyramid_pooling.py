import pytest
from gpu_parity import check_parity


@pytest.mark.parametrize("pool", ["MAX", "AVE"])
@pytest.mark.parametrize(
    ("height", "shape"), [(3, (2, 3, 9, 7)), (2, (1, 4, 5, 5)), (1, (2, 4, 3, 4)), (3, (2, 3, 8))]
)
def test_levels_of_a_pyramid(gpu, pool, height, shape):
    check_parity(gpu, f'type: "SPP" spp_param {{ pyramid_height: {height} pool: {pool} }}', shape)


def test_nothing_is_computed_on_nothing(gpu):
    check_parity(gpu, 'type: "SPP" spp_param { pyramid_height: 2 }', (0, 3, 4, 4))
