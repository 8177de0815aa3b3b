import numpy as np
import pytest

from cortado.kernels.gpu import Combination, Context


@pytest.mark.parametrize("offsets", [(0, 0), (1, 1), (0, 3), (4, 8)])
@pytest.mark.parametrize("count", [1, 3, 4, 1023, 1025])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_arrays_begin_and_end_anywhere(gpu, dtype, count, offsets):
    context = Context(gpu)
    rng = np.random.default_rng(1)
    hosts = [rng.standard_normal(count + 12).astype(dtype) for _ in offsets]
    arrays = [context.constants(host) for host in hosts]
    x, y = (array[at : at + count] for array, at in zip(arrays, offsets, strict=True))
    for launch in Combination(context, "2 * VALUE(0)").bind(y, [x]):
        launch()
    result = np.empty_like(hosts[1])
    gpu.download(arrays[1], result)
    expected = hosts[1].copy()
    expected[offsets[1] : offsets[1] + count] = 2 * hosts[0][offsets[0] : offsets[0] + count]
    np.testing.assert_array_equal(result, expected)
