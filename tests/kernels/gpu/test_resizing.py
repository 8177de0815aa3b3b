import numpy as np
import pytest
from gpu_parity import check_parity

SHAPE = (2, 3, 5, 7)


@pytest.mark.parametrize(
    "param",
    [
        "height: 9 width: 4",
        "height: 1 width: 1",
        "zoom_factor: 3",
        "shrink_factor: 2 zoom_factor: 2 pad_beg: -1 pad_end: -1",
    ],
)
def test_interp(gpu, param):
    check_parity(gpu, f'type: "Interp" interp_param {{ {param} }}', SHAPE)


@pytest.mark.parametrize("kind", ["NEAREST", "LINEAR", "CUBIC"])
@pytest.mark.parametrize("size", ["height: 9 width: 15", "height: 2 width: 3"])
def test_resample(gpu, size, kind):
    prototxt = f'type: "Resample" resample_param {{ {size} type: {kind} }}'
    check_parity(gpu, prototxt, SHAPE)


@pytest.mark.parametrize("no_gradient", [[], [1]])
def test_resample_to_the_size_of_another(gpu, no_gradient):
    check_parity(gpu, 'type: "Resample"', SHAPE, (2, 1, 8, 4), no_gradient=no_gradient)


@pytest.mark.parametrize("size", [(3, 4), (5, 7), (9, 15)])
def test_downsample_leaves_out_what_is_unknown(gpu, size):
    x = np.random.default_rng(1).standard_normal((2, 3, 5, 7))
    x[x > 0.5] = np.nan
    param = f"top_height: {size[0]} top_width: {size[1]}"
    prototxt = f'type: "Downsample" downsample_param {{ {param} }}'
    check_parity(gpu, prototxt, x, backward=False)


def test_nothing(gpu):
    check_parity(gpu, 'type: "Interp" interp_param { height: 3 width: 4 }', (0, 3, 2, 2))
    check_parity(gpu, 'type: "Resample" resample_param { height: 3 width: 4 }', (2, 0, 2, 2))


def test_many_blocks(gpu):
    check_parity(gpu, 'type: "Interp" interp_param { zoom_factor: 2 }', (2, 33, 9, 8))
