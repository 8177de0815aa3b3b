import numpy as np
import pytest
from emulated_gpu import ORDERS, thread_order

from cortado.core import Blob
from cortado.kernels.gpu import Context, PartSums
from cortado.kernels.gpu.division import divisor
from cortado.kernels.gpu.folded import fold_axes

FOLDED = [
    (1, 3, 5, 7),
    (1, 1, 3, 20_000),
    (2, 3, 5, 130),
    (1, 7, 3, 1),
    (1, 70, 40, 1),
    (1, 20_000, 3, 1),
    (3, 9, 33, 1),
    (1, 1, 1000, 1),
    (1, 9000, 1, 1),
    (1, 0, 4, 1),
    (2, 0, 4, 5),
    (2, 3, 0, 5),
    (1, 2, 3, 0),
]


def _on_device(gpu, array):
    flat = np.ascontiguousarray(array).reshape(-1)
    device = gpu.empty(flat.size, flat.dtype)
    gpu.upload(flat, device)
    return device


def _sums(gpu, folded, x, y=None, term="x", start=None, sums_dtype="float32", **options):
    groups, _, parts, _ = folded
    sums = gpu.empty(groups * parts, sums_dtype)
    if start is not None:
        gpu.upload(start, sums)
    arrays = [_on_device(gpu, a) for a in (x, y) if a is not None]
    launches = PartSums(Context(gpu), term).bind(folded, sums, *arrays, **options)
    for launch in launches:
        launch()
    result = np.empty(groups * parts, sums_dtype)
    gpu.download(sums, result)
    return result, len(launches)


@pytest.mark.parametrize("folded", FOLDED)
def test_parts_are_summed(gpu, folded):
    x = np.random.default_rng(1).standard_normal(folded).astype(np.float32)
    expected = x.sum(axis=(1, 3), dtype="float64").reshape(-1)
    for order in ORDERS:
        with thread_order(order):
            result, _ = _sums(gpu, folded, x)
        np.testing.assert_allclose(result, expected, 1e-5, 1e-4)


@pytest.mark.parametrize("folded", [(1, 8, 4, 3000), (2, 12_000, 5, 1)])
def test_long_sums_are_taken_by_several_blocks(gpu, folded):
    rng = np.random.default_rng(2)
    x, y = (rng.standard_normal(folded).astype(np.float32) for _ in range(2))
    start = rng.standard_normal(folded[0] * folded[2]).astype(np.float32)
    expected = start + 0.5 * (x * y).sum(axis=(1, 3), dtype="float64").reshape(-1)
    result, launches = _sums(gpu, folded, x, y, "x * y", start, adds=True, factor=0.5)
    np.testing.assert_allclose(result, expected, 1e-4, 1e-4)
    assert launches == 2


@pytest.mark.parametrize("sums_dtype", ["float16", "float32"])
@pytest.mark.parametrize("folded", [(1, 4, 3, 50), (1, 50, 3, 1)])
def test_halves_are_added_as_floats(gpu, folded, sums_dtype):
    x = np.full(folded, 1, np.float16)
    x[:, 0, :, 0] = 2048  # to which a half adds 1 in vain
    expected = x.astype("float64").sum(axis=(1, 3)).reshape(-1)
    result, _ = _sums(gpu, folded, x, sums_dtype=sums_dtype)
    np.testing.assert_array_equal(result, expected.astype(sums_dtype))


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 3, 4), (1, 3, 2, 2, 2)])
@pytest.mark.parametrize(("axis", "axes"), [(0, 0), (0, 1), (1, 1), (0, 2), (0, None)])
def test_axes_of_blobs_are_folded(gpu, shape, channels_last, axis, axes):
    axes = len(shape) if axes is None else axes
    blob = Blob(shape)
    blob.channels_last = channels_last
    blob.data[...] = np.arange(blob.count).reshape(shape)
    in_memory = blob.data.transpose(0, *range(2, len(shape)), 1) if channels_last else blob.data
    result, _ = _sums(gpu, fold_axes(blob, axis, axes), in_memory)
    gone = tuple(i for i in range(len(shape)) if not axis <= i < axis + axes)
    expected = blob.data.sum(axis=gone)
    if axes == len(shape):
        expected = in_memory
    np.testing.assert_array_equal(result, expected.reshape(-1))


def test_axes_between_others_cannot_be_folded_channels_last():
    blob = Blob((2, 3, 4, 5))
    blob.channels_last = True
    with pytest.raises(ValueError, match=r"axes 1 to 3 of \(2, 3, 4, 5\)"):
        fold_axes(blob, 1, 2)


@pytest.mark.parametrize("d", [1, 2, 3, 7, 49, 641, 3136, 65535, 65536, 2**30 + 1, 2**31 - 1])
def test_division_is_exact(d):
    factor, shift = divisor(d)
    near = [k * d + i for k in (0, 1, 2, 1000, (2**31 - 1) // d) for i in (-1, 0, 1)]
    for n in [n for n in (*near, 2**31 - 1) if 0 <= n < 2**31]:
        assert n * int(factor) >> shift == n // d
