import pytest
from gpu_parity import check_parity


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("slope", [0, 0.1, -0.5])
def test_relu(gpu, slope, in_place):
    prototxt = f'type: "ReLU" relu_param {{ negative_slope: {slope} }}'
    check_parity(gpu, prototxt, (2, 3, 4, 5), in_place=in_place)


def test_nothing_is_computed_on_nothing(gpu):
    check_parity(gpu, 'type: "ReLU"', (0, 3))
