import numpy as np
import pytest
from gpu_parity import check_parity


@pytest.mark.parametrize(
    "options",
    [
        "kernel_size: 3",
        "kernel_size: 1 bias_term: false",
        "kernel_size: 2 stride: 2 pad: 1",
        "kernel_size: 2 stride: 3",
    ],
)
def test_local(gpu, options):
    check_parity(gpu, f'type: "Local" local_param {{ num_output: 3 {options} }}', (2, 2, 5, 6))


def test_local_convolution(gpu):
    options = "num_output: 4 kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1 dilation: 2 pad: 2"
    check_parity(gpu, f'type: "LocalConvolution" convolution_param {{ {options} }}', (3, 2, 6, 5))


def test_no_gradient_of_x(gpu):
    prototxt = 'type: "Local" local_param { num_output: 2 kernel_size: 2 }'
    check_parity(gpu, prototxt, (2, 3, 4, 4), no_gradient=[0])


def test_no_images(gpu):
    prototxt = 'type: "Local" local_param { num_output: 2 kernel_size: 2 }'
    check_parity(gpu, prototxt, np.zeros((0, 3, 4, 4)))
