"""Layers that only move numbers."""

import numpy as np
import pytest
from gpu_parity import check_parity, gpu_kernel, gpu_layer

from cortado.core import Layout
from cortado.proto import ConfigError

MOVING = [
    ('type: "Permute" permute_param { order: 0 order: 2 order: 3 order: 1 }', (2, 33, 3, 5)),
    ('type: "Permute" permute_param { order: 3 order: 1 }', (2, 3, 4, 5)),
    ('type: "Permute"', (2, 3)),
    ('type: "Transpose" transpose_param { dim: 1 dim: 0 dim: 2 }', (3, 4, 5)),
    ('type: "Transpose" transpose_param { dim: 1 dim: 0 }', (40, 70)),
    ('type: "Flip"', (2, 3, 4, 5)),
    ('type: "Flip" flip_param { flip_width: false flip_height: true }', (2, 3, 4, 5)),
    ('type: "Reverse"', (4, 3, 2)),
    ('type: "Reverse" reverse_param { axis: 1 }', (4, 3, 2, 2)),
    ('type: "ShuffleChannel" shuffle_channel_param { group: 3 }', (2, 12, 3, 2)),
    ('type: "ShuffleChannel" shuffle_channel_param { group: 2 }', (3, 6)),
    ('type: "Reorg" reorg_param { stride: 2 }', (2, 8, 4, 6)),
    ('type: "Reorg" reorg_param { stride: 2 reverse: true }', (2, 8, 3, 2)),
    ('type: "Tile" tile_param { tiles: 3 }', (2, 3, 4, 5)),
    ('type: "Tile" tile_param { tiles: 2 axis: 0 }', (2, 3)),
    ('type: "Tile" tile_param { tiles: 4 axis: -1 }', (2, 3, 1)),
    ('type: "Upsample" upsample_param { scale: 2 }', (2, 3, 3, 4)),
    ('type: "Upsample" upsample_param { scale_h: 1 scale_w: 3 }', (2, 5, 3, 4)),
    ('type: "CropCenter" crop_center_param { crop_size: [0, 1, 2, 1] }', (2, 3, 6, 5)),
]


@pytest.mark.parametrize(("prototxt", "shape"), MOVING)
def test_numbers_move(gpu, prototxt, shape):
    check_parity(gpu, prototxt, shape)


@pytest.mark.parametrize(
    "prototxt",
    [
        'type: "Flatten"',
        'type: "Flatten" flatten_param { axis: 2 }',
        'type: "Reshape" reshape_param { shape { dim: 0 dim: -1 dim: 2 } }',
        'type: "Concat"',
        'type: "Slice"',
    ],
)
def test_memory_is_shared(gpu, prototxt):
    check_parity(gpu, prototxt, (2, 3, 4, 5))
    kernel = gpu_kernel(gpu, prototxt, (2, 3, 4, 5))
    assert kernel.layout is Layout.PLAIN
    assert not kernel.bind_forward([], [])


@pytest.mark.parametrize("axis", range(4))
def test_concat(gpu, axis):
    shapes = [[2, 3, 4, 5] for _ in range(3)]
    for i, shape in enumerate(shapes):
        shape[axis] = 2 * i + 1
    prototxt = f'type: "Concat" concat_param {{ axis: {axis} }}'
    check_parity(gpu, prototxt, *map(tuple, shapes))
    check_parity(gpu, prototxt, *map(tuple, shapes), no_gradient=[1])


@pytest.mark.parametrize("axis", range(4))
@pytest.mark.parametrize("points", ["", "slice_point: 1 slice_point: 4"])
def test_slice(gpu, axis, points):
    shape = [2, 3, 4, 5]
    shape[axis] = 6
    prototxt = f'type: "Slice" slice_param {{ axis: {axis} {points} }}'
    check_parity(gpu, prototxt, tuple(shape), tops=3)


@pytest.mark.parametrize("no_gradient", [[], [1]])
@pytest.mark.parametrize("param", ["offset: 1", "axis: 1 offset: [2, 0, 1]", ""])
def test_crop(gpu, param, no_gradient):
    prototxt = f'type: "Crop" crop_param {{ {param} }}'
    check_parity(gpu, prototxt, (2, 5, 6, 5), (2, 3, 4, 4), no_gradient=no_gradient)


def test_silence(gpu):
    check_parity(gpu, 'type: "Silence"', (2, 3), (4, 2, 3, 2), tops=0)
    check_parity(gpu, 'type: "Silence"', (2, 3), (4,), tops=0, no_gradient=[0])


@pytest.mark.parametrize(
    "prototxt",
    ['type: "Flip"', 'type: "Tile" tile_param { tiles: 3 }', 'type: "Upsample"'],
)
def test_nothing_moves(gpu, prototxt):
    check_parity(gpu, prototxt, (0, 3, 4, 5))


def test_many_numbers_move(gpu):
    prototxt = 'type: "Permute" permute_param { order: 0 order: 2 order: 3 order: 1 }'
    check_parity(gpu, prototxt, (2, 70, 9, 11))


def mask(*shape, places, seed=1):
    return np.random.default_rng(seed).integers(0, places, shape)


@pytest.mark.parametrize("param", ["", "pad_out_h: true", "upsample_h: 7 upsample_w: 9"])
def test_numbers_return_to_where_a_pooling_found_them(gpu, param):
    prototxt = f'type: "Upsample" upsample_param {{ {param} }}'
    check_parity(gpu, prototxt, (2, 3, 3, 4), mask(2, 3, 3, 4, places=40))
    check_parity(gpu, prototxt, (2, 3, 3, 4), mask(2, 3, 3, 4, places=3))


def test_nothing_is_left_of_the_mask_before(gpu):
    tried = gpu_layer(gpu, 'type: "Upsample"', np.ones((1, 1, 1, 2)), mask(1, 1, 1, 2, places=1))
    for places in ([7, 3], [0, 0]):
        tried.bottom[0].data[...] = [1, 2]
        tried.bottom[1].data[...] = places
        run_forward(gpu, tried)
        expected = np.zeros(8)
        expected[places] = [1, 2]
        np.testing.assert_array_equal(tried.top[0].data.reshape(-1), expected)


def test_a_mask_that_names_no_place(gpu):
    wrong = mask(2, 3, 3, 4, places=40)
    wrong[1, 2, 1, 0] = 48
    message = r"says 48 at \[1, 2, 1, 0\], but a plane of the top has places 0 to 47"
    tried = gpu_layer(gpu, 'type: "Upsample"', (2, 3, 3, 4), wrong)
    run_forward(gpu, tried)
    with pytest.raises(ConfigError, match=message):
        tried.kernel._context.faults.check()


def run_forward(gpu, tried):
    gpu.residence.begin()
    for call in tried.kernel.bind_forward(tried.bottom, tried.top):
        call()
    gpu.residence.end()
