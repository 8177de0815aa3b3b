import numpy as np
import pytest
from emulated_gpu import ORDERS, thread_order

from cortado.kernels.gpu import Context
from cortado.kernels.gpu.copying import axes_of, crossing_of

SHAPES = [(2, 3, 5, 7), (2, 9, 5, 7), (3, 40, 6, 7), (1, 33, 1, 65), (2, 70)]
WAYS = {
    "as it lies": lambda a: a,
    "turned around": lambda a: a.transpose(range(a.ndim)[::-1]),
    "channels-last": lambda a: a.swapaxes(1, -1),
    "backwards": lambda a: a[..., ::-1],
    "every other": lambda a: a[..., ::2],
    "repeated": lambda a: np.broadcast_to(a[:, :1], a.shape),
}


def on_device(gpu, host):
    array = gpu.zeros(host.size, host.dtype)
    gpu.upload(host.reshape(-1), array)
    return array.reshape(host.shape)


def copied(gpu, source, view, adds, dtype=None):
    """What a copy of the view of the source writes over numbers that are all 1."""
    context = Context(gpu)
    seen = view(on_device(gpu, source))
    target = on_device(gpu, np.ones(seen.shape, dtype or source.dtype))
    for call in context.copy(seen, target, adds=adds):
        call()
    back = np.zeros(seen.shape, dtype or source.dtype)
    gpu.download(target.reshape(-1), back.reshape(-1))
    return back


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("adds", [False, True])
def test_a_copy_of_any_view(gpu, shape, way, adds):
    source = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    for order in ORDERS:
        with thread_order(order):
            found = copied(gpu, source, WAYS[way], adds)
        np.testing.assert_array_equal(found, WAYS[way](source) + adds)


def test_half_numbers(gpu):
    source = np.arange(2 * 40 * 42, dtype=np.float16).reshape(2, 40, 42)
    np.testing.assert_array_equal(
        copied(gpu, source, WAYS["channels-last"], False), source.swapaxes(1, 2)
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtypes", [("float32", "float16"), ("float16", "float32")])
def test_copies_round_and_widen(gpu, way, dtypes):
    source = np.linspace(-3, 3, 2 * 40 * 42, dtype=dtypes[0]).reshape(2, 40, 42)
    found = copied(gpu, source, WAYS[way], True, dtypes[1])
    expected = (WAYS[way](source).astype("float32") + 1).astype(dtypes[1])
    np.testing.assert_array_equal(found, expected)


def test_channels_last_and_plain_are_copied_by_squares():
    x = np.zeros((4, 64, 7, 9), np.float32)
    y = np.zeros((4, 7, 9, 64), np.float32).transpose(0, 3, 1, 2)
    crossing = crossing_of(axes_of(x, y))
    assert crossing is not None
    assert crossing.rows == (64, 63, 1)
    assert crossing.columns == (63, 1, 64)
    assert crossing.others == [(4, 64 * 63, 64 * 63)]


def test_three_channels_are_not_worth_squares():
    x = np.zeros((4, 3, 7, 9), np.float32)
    assert crossing_of(axes_of(x, np.zeros((4, 7, 9, 3), np.float32).transpose(0, 3, 1, 2))) is None
