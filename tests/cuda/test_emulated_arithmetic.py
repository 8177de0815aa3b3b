"""Numbers are rounded and converted as on a GPU."""

import numpy as np
import pytest
from emulated_gpu import CompileError, EmulatedGpu, why_missing

pytestmark = pytest.mark.skipif(why_missing() is not None, reason=str(why_missing()))


def apply(expression, x, out, header="", types="const float* x, float* y"):
    """`expression` of each x[i], for a kernel to write to y[i]."""
    gpu = EmulatedGpu()
    source = f"""{header}
    extern "C" __global__ void apply({types}, int count) {{
      int i = blockIdx.x * blockDim.x + threadIdx.x;
      if (i < count) y[i] = {expression};
    }}"""
    device, y = gpu.empty(x.size, x.dtype), gpu.empty(x.size, out)
    gpu.upload(x, device)
    kernel = gpu.compile(source, ()).get_function("apply")
    kernel((-(-x.size // 256),), (256,), (device, y, np.int32(x.size)))
    return y.get()


@pytest.fixture
def floats(rng):
    """Floats of all kinds: each exponent, denormals, ties of both short formats, infinity, NaN."""
    bits = rng.integers(0, 2**32, 20000, dtype="uint32")
    halves = np.arange(2**16, dtype="uint16").view("float16").astype("f").view("uint32")
    ties = np.concatenate([halves + 0x1000, halves + 0x0FFF, halves + 0x1001])
    coarse = np.arange(2**16, dtype="uint32") << 16
    coarse = np.concatenate([coarse, coarse + 0x8000, coarse + 0x7FFF, coarse + 0x8001])
    small = rng.uniform(-(2.0**-13), 2.0**-13, 20000).astype("f").view("uint32")
    special = np.array([0, -0.0, np.inf, -np.inf, np.nan, 65504, 65519.99, 65520, 2**-25], "f")
    return np.concatenate([bits, halves, ties, coarse, small, special.view("uint32")]).view("f")


def test_half_is_rounded_as_numpy_does(floats):
    types = "const float* x, __half* y"
    y = apply("__float2half_rn(x[i])", floats, "float16", "#include <cuda_fp16.h>", types)
    with np.errstate(over="ignore"):
        expected = floats.astype("float16").view("uint16")
    expected = np.where(np.isnan(floats), 0x7FFF, expected)
    np.testing.assert_array_equal(y.view("uint16"), expected)


def test_half_is_widened_as_numpy_does():
    x = np.arange(2**16, dtype="uint16").view("float16")
    types = "const half* x, float* y"
    y = apply("__half2float(x[i])", x, "f", '#include "cuda_fp16.h"', types)
    np.testing.assert_array_equal(y, x.astype("f"))


def test_bfloat16_is_rounded_to_the_nearest_ties_to_even(floats):
    types = "const float* x, __nv_bfloat16* y"
    y = apply("__float2bfloat16_rn(x[i])", floats, "uint16", "#include <cuda_bf16.h>", types)
    bits = floats.view("uint32").astype("uint64")
    expected = bits + 0x7FFF + (bits >> 16 & 1) >> 16
    np.testing.assert_array_equal(y, np.where(np.isnan(floats), 0x7FFF, expected))


def test_bfloat16_is_widened_without_change():
    x = np.arange(2**16, dtype="uint16")
    types = "const __nv_bfloat16* x, float* y"
    y = apply("__bfloat162float(x[i])", x, "f", "#include <cuda_bf16.h>", types)
    np.testing.assert_array_equal(y.view("uint32"), x.astype("uint32") << 16)


def test_a_short_float_needs_its_header():
    with pytest.raises(CompileError, match="__half"):
        apply("__float2half(x[i])", np.zeros(1, "f"), "float16", "", "const float* x, __half* y")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("max(x[i], NAN)", lambda x: x),
        ("min(NAN, x[i])", lambda x: x),
        ("fminf(x[i], 0.5f)", lambda x: np.minimum(x, np.float32(0.5))),
        ("__fmaf_rn(x[i], 3.0f, 1.0f)", lambda x: (x.astype("d") * 3 + 1).astype("f")),
        ("__fdividef(x[i], 3.0f)", lambda x: x / np.float32(3)),
        ("__int_as_float(__float_as_int(x[i]) ^ 0x80000000)", lambda x: -x),
        ("__uint_as_float(0x3f800000u) + __ldg(x + i)", lambda x: x + 1),
        ("__saturatef(x[i])", lambda x: np.clip(x, 0, 1)),
        ("__float2int_rn(x[i])", lambda x: np.rint(x)),
        ("make_float4(1, 2, x[i], 4).z", lambda x: x),
        ("max(0u, 3) + min(-1ll, 4ll) + max(1.0, 2.0f)", lambda x: x * 0 + 4),
        ("__popc(0xf0u) + __clz(1) + __ffs(8)", lambda x: x * 0 + 39),
        ("__umulhi(1u << 31, 6u) + __mul64hi(1ll << 62, 8)", lambda x: x * 0 + 5),
        ("exp(x[i]) == expf(x[i]) && sizeof(exp(x[i])) == 4", lambda x: x * 0 + 1),
    ],
)
def test_functions_of_cuda(expression, expected):
    x = np.linspace(-3, 3, 50, dtype="f")
    np.testing.assert_array_equal(apply(expression, x, "f"), expected(x))


def test_reciprocal_root_and_exponential_are_close():
    x = np.linspace(0.1, 9, 100, dtype="f")
    np.testing.assert_allclose(apply("rsqrtf(x[i]) + __expf(x[i]) + __logf(x[i])", x, "f"),
        x ** -0.5 + np.exp(x) + np.log(x), rtol=1e-6)  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "dtype", "before", "after"),
    [
        ("atomicAdd(y, 2)", "int32", 5, 7),
        ("atomicAdd(y, 2u)", "uint32", 2**32 - 1, 1),
        ("atomicAdd(y, 2ull)", "uint64", 2**40, 2**40 + 2),
        ("atomicAdd(y, 0.5f)", "float32", 1, 1.5),
        ("atomicAdd(y, 0.5)", "float64", 1, 1.5),
        ("atomicMax(y, -3)", "int32", -5, -3),
        ("atomicMin(y, 3u)", "uint32", 5, 3),
        ("atomicExch(y, 2.0f)", "float32", 5, 2),
        ("atomicCAS(y, 5, 9)", "int32", 5, 9),
        ("atomicCAS(y, 4ull, 9ull)", "uint64", 5, 5),
    ],
)
def test_atomics_return_the_old_value(operation, dtype, before, after):
    kinds = {"int32": "int", "uint32": "unsigned", "uint64": "unsigned long long"}
    kind = kinds.get(dtype, {"float32": "float", "float64": "double"}.get(dtype))
    gpu = EmulatedGpu()
    source = f'extern "C" __global__ void change({kind}* y) {{ y[1] = {operation}; }}'
    y = gpu.zeros(2, dtype)
    y[0] = before
    gpu.compile(source, ()).get_function("change")((1,), (1,), (y,))
    assert y.get().tolist() == [after, before]
