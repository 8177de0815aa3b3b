import math

import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def correlation(fields="kernel_size: 1 max_displacement: 2"):
    return f'type: "Correlation" correlation_param {{ {fields} }}'


def definition(a, b, size, most, pad=0, stride_1=1, stride_2=1, subtracts=False):
    a, b = (np.pad(m, [(0, 0), (0, 0), (pad, pad), (pad, pad)]) for m in (a, b))
    border = most + size // 2
    out = [math.ceil((n - 2 * border) / stride_1) for n in a.shape[2:]]
    reach = most // stride_2
    shifts = [stride_2 * k for k in range(-reach, reach + 1)]
    y = np.zeros((len(a), len(shifts) ** 2, *out))
    for n, k, i, j in np.ndindex(y.shape):
        p, o = shifts[k // len(shifts)], shifts[k % len(shifts)]
        total = 0.0
        for c in range(a.shape[1]):
            for h in range(i * stride_1 + most, i * stride_1 + most + size):
                for w in range(j * stride_1 + most, j * stride_1 + most + size):
                    here, there = a[n, c, h, w], b[n, c, h + p, w + o]
                    total += abs(here - there) if subtracts else here * there
        y[n, k, i, j] = total / (size * size * a.shape[1])
    return y


GEOMETRIES = [
    {"size": 1, "most": 2},
    {"size": 1, "most": 4, "pad": 4, "stride_2": 2},
    {"size": 3, "most": 1, "pad": 1, "stride_1": 2},
    {"size": 3, "most": 3, "pad": 2, "stride_1": 2, "stride_2": 2},
    {"size": 1, "most": 0},
]


def prototxt(geometry, more=""):
    names = {"size": "kernel_size", "most": "max_displacement"}
    fields = " ".join(f"{names.get(key, key)}: {value}" for key, value in geometry.items())
    return correlation(f"{fields} {more}")


@pytest.mark.parametrize("subtracts", [False, True])
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_patches_are_compared_with_displaced_ones(make_layer, geometry, subtracts):
    more = "correlation_type: SUBTRACT" if subtracts else ""
    layer, bottom, top = make_layer(prototxt(geometry, more), (2, 3, 7, 8), (2, 3, 7, 8))
    layer.forward(bottom, top)
    expected = definition(*(blob.data for blob in bottom), **geometry, subtracts=subtracts)
    np.testing.assert_allclose(top[0].data, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("more", ["", "correlation_type: SUBTRACT"])
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_gradient(make_layer, geometry, more):
    check_gradients(*make_layer(prototxt(geometry, more), (1, 2, 6, 7), (1, 2, 6, 7)))


def test_only_the_gradient_that_is_wanted_is_written(make_layer):
    layer, bottom, top = make_layer(correlation(), (1, 2, 6, 7), (1, 2, 6, 7))
    layer.forward(bottom, top)
    layer.propagate_down = [False, True]
    layer.backward(top, bottom)
    assert [blob.has_diff for blob in bottom] == [False, True]


SHAPE = (1, 2, 6, 7)


@pytest.mark.parametrize(
    ("fields", "shapes", "message"),
    [
        ("max_displacement: 1", [SHAPE] * 2, "kernel_size: 0 must be an odd number"),
        ("max_displacement: 1 kernel_size: 2", [SHAPE] * 2, "kernel_size: 2 must be an odd"),
        ("kernel_size: 1", [SHAPE] * 2, "correlation_param.max_displacement is required"),
        ("kernel_size: 1 max_displacement: 1 stride_1: 0", [SHAPE] * 2, "stride_1 must be at"),
        ("kernel_size: 1 max_displacement: 1 stride_2: 0", [SHAPE] * 2, "stride_2 must be at"),
        ("kernel_size: 1 max_displacement: 1 do_abs: true", [SHAPE] * 2, "do_abs is not there"),
        ("kernel_size: 1 max_displacement: 1 single_direction: 1", [SHAPE] * 2, "single_direction"),
        ("kernel_size: 1 max_displacement: 3", [SHAPE] * 2, "max_displacement: 3 .* no place"),
        ("kernel_size: 1 max_displacement: 1", [SHAPE, (1, 2, 6, 6)], "must have one shape"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, fields, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Correlation\): .*{message}"):
        make_layer(correlation(fields), *shapes)
