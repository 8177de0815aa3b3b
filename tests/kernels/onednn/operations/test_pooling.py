import numpy as np
import pytest

from cortado.core import Window
from cortado.kernels import cpu
from cortado.kernels.onednn.descriptors import Descriptor
from cortado.kernels.onednn.enumerators import Argument, Pooling
from cortado.kernels.onednn.operations import pooling

# (x_shape, kernel, stride, pad, round_up)
GEOMETRIES = {
    "2 x 2": ((2, 3, 6, 8), (2, 2), (2, 2), (0, 0), True),
    "last window hangs over": ((2, 20, 6, 6), (3, 3), (2, 2), (0, 0), True),
    "rounded down": ((2, 16, 6, 6), (3, 3), (2, 2), (0, 0), False),
    "padded": ((1, 33, 7, 7), (3, 3), (1, 1), (1, 1), True),
    "rectangular": ((2, 3, 5, 9), (3, 2), (1, 3), (2, 0), True),
    "whole plane": ((2, 16, 5, 3), (5, 3), (1, 1), (0, 0), True),
    "time": ((2, 16, 9), (3,), (2,), (1,), True),
    "volume": ((1, 5, 4, 5, 3), (2, 3, 2), (2, 1, 1), (1, 1, 0), True),
}


@pytest.fixture(params=GEOMETRIES.values(), ids=GEOMETRIES.keys())
def geometry(request):
    x_shape, kernel, stride, pad, round_up = request.param
    window = Window(kernel, stride, pad, (1,) * len(kernel))
    return x_shape, window, window.pooled_size(x_shape[2:], round_up)


def check(compute, layout, method, reference, x, dy, window):
    y, dx = np.empty_like(dy), np.empty_like(x)
    reference.forward(x, y)
    reference.backward(dy, dx)
    forward = pooling.forward(method, layout_of_x(layout, x), layout(y.shape), window)
    results, memories = compute(forward, {Argument.X: x})
    np.testing.assert_allclose(results[Argument.Y], y, rtol=1e-5, atol=1e-6)

    dy_layout = forward.arguments()[Argument.Y]
    backward = pooling.backward(method, layout_of_x(layout, x), dy_layout, window, forward)
    kept = {a: m for a, m in memories.items() if a == Argument.WORKSPACE}
    results, _ = compute(backward, {Argument.DY: dy}, kept)
    np.testing.assert_allclose(results[Argument.DX], dx, rtol=1e-5, atol=1e-5)


def layout_of_x(layout, x):
    """Pooling never chooses the layout of x."""
    return Descriptor.plain(x.shape) if layout == Descriptor.unspecified else layout(x.shape)


def test_max(rng, geometry, layout, compute):
    x_shape, window, out = geometry
    x, dy = rng.integers(-3, 3, x_shape).astype("d"), rng.standard_normal((*x_shape[:2], *out))
    reference = cpu.prepare_max_pooling(*geometry, "float64", True)
    check(compute, layout, Pooling.MAX, reference, x, dy, window)


def test_average_of_what_lies_in_x(rng, geometry, layout, compute):
    x_shape, window, out = geometry
    x, dy = rng.standard_normal(x_shape), rng.standard_normal((*x_shape[:2], *out))
    reference = cpu.prepare_average_pooling(*geometry, "float64", False)
    check(compute, layout, Pooling.AVERAGE_OF_X, reference, x, dy, window)


def test_average_of_the_kernel(rng, layout, compute):
    window = Window((3, 3), (1, 1), (1, 1), (1, 1))
    x, dy = rng.standard_normal((2, 20, 5, 6)), rng.standard_normal((2, 20, 5, 6))
    reference = cpu.prepare_average_pooling(x.shape, window, (5, 6), "float64", True)
    check(compute, layout, Pooling.AVERAGE_OF_KERNEL, reference, x, dy, window)
