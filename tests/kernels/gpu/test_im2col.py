import pytest
from gpu_parity import check_parity

GEOMETRIES = [
    ("kernel_size: 3", (2, 3, 5, 6)),
    ("kernel_size: 3 stride: 2 pad: 1", (2, 3, 5, 6)),
    ("kernel_size: [2, 3] stride: [1, 3] pad: [2, 0] dilation: [2, 1]", (2, 3, 6, 7)),
    ("kernel_size: 2 dilation: 3", (2, 2, 9)),
    ("kernel_size: 2 stride: 2 pad: 1", (1, 2, 3, 4, 5)),
    ("kernel_size: 2 axis: 2", (2, 2, 2, 4, 5)),
    ("kernel_size: 1", (0, 3, 2, 2)),
    ("kernel_size: 3 pad: 1", (2, 7, 12, 13)),
]


@pytest.mark.parametrize(("param", "shape"), GEOMETRIES)
def test_windows_become_columns(gpu, param, shape):
    check_parity(gpu, f'type: "Im2col" convolution_param {{ {param} }}', shape)
