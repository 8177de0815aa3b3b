"""What CUDA refuses, or would take for something else without a word, is refused."""

import numpy as np
import pytest
from emulated_gpu import CompileError, EmulatedGpu, LaunchError, why_missing

pytestmark = pytest.mark.skipif(why_missing() is not None, reason=str(why_missing()))

SCALE = """
extern "C" __global__ void scale(const float* x, float* const __restrict__ y, int count, float by) {
  for (int i = threadIdx.x; i < count; i += blockDim.x) y[i] = (x ? x[i] : 1.0f) * by;
}
extern "C" __global__ void nothing() {}
extern "C" __global__ void __launch_bounds__(32 * 2, 1) small(void) {}
extern "C" __global__ void __launch_bounds__(1024) large() {}
"""


@pytest.fixture
def gpu():
    return EmulatedGpu()


@pytest.fixture
def scale(gpu):
    return gpu.compile(SCALE, ()).get_function("scale")


def test_zero_stands_for_no_array(gpu, scale):
    y = gpu.zeros(3, "f")
    scale((1,), (32,), (np.uintp(0), y, np.int32(3), np.float32(2)))
    assert y.get().tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (2, 3, r"kernel scale: count takes np.int32, got int"),
        (2, np.int64(3), r"kernel scale: count takes np.int32, got np.int64"),
        (2, np.uint32(3), r"count takes np.int32, got np.uint32"),
        (3, 2.0, r"by takes np.float32, got float"),
        (3, np.float64(2), r"by takes np.float32, got np.float64"),
        (3, np.int32(2), r"by takes np.float32, got np.int32"),
        (0, np.zeros(3, "f"), r"x takes an array of the device or np.uintp\(0\), got ndarray"),
        (0, np.uintp(8), r"x takes an array of the device or np.uintp\(0\), got uint64"),
        (1, None, r"y takes an array of the device or np.uintp\(0\), got NoneType"),
        (1, "int32", r"y takes an array of float32, got one of int32"),
        (1, "float64", r"y takes an array of float32, got one of float64"),
        (2, "int32", r"count takes np.int32, got DeviceArray"),
    ],
)
def test_an_argument_of_another_type(gpu, scale, place, value, message):
    arguments = [gpu.zeros(3, "f"), gpu.zeros(3, "f"), np.int32(3), np.float32(2)]
    arguments[place] = gpu.zeros(3, value) if isinstance(value, str) else value
    with pytest.raises(TypeError, match=message):
        scale((1,), (32,), tuple(arguments))
    assert gpu.launches == 0


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("float*", "float32"),
        ("const double*", "float64"),
        ("int*", "int32"),
        ("unsigned*", "uint32"),
        ("unsigned char*", "uint8"),
        ("long long*", "int64"),
        ("const unsigned long long*", "uint64"),
        ("bool*", "bool"),
        ("__half*", "float16"),
        ("__nv_bfloat16*", "uint16"),
        ("float4*", "float32"),
        ("void*", "int16"),
        ("void*", "float64"),
        ("int", np.int32),
        ("unsigned", np.uint32),
        ("long long", np.int64),
        ("unsigned long long", np.uint64),
        ("float", np.float32),
        ("double", np.float64),
        ("bool", np.bool_),
        ("__half", np.float16),
    ],
)
def test_arguments_reach_parameters_of_their_type(gpu, kind, dtype):
    source = f"""#include <cuda_fp16.h>
    #include <cuda_bf16.h>
    typedef {kind} Kind;
    extern "C" __global__ void see(Kind value, const Kind other, unsigned char* seen) {{
      for (int i = 0; i < sizeof value; ++i) seen[i] = ((unsigned char*)&value)[i];
    }}"""
    seen = gpu.zeros(8, "uint8")
    value = gpu.zeros(1, dtype) if isinstance(dtype, str) else dtype(1)
    other = gpu.zeros(1, "int8") if isinstance(dtype, str) else np.int8(1)
    kernel = gpu.compile(source, ()).get_function("see")
    kernel((1,), (1,), (value, value, seen))
    bits = np.uint64(gpu.pointer(value)) if isinstance(dtype, str) else value
    assert seen.get().tobytes() == bits.tobytes().ljust(8, b"\0")
    if kind != "void*":
        with pytest.raises(TypeError, match="kernel see: other takes"):
            kernel((1,), (1,), (value, other, seen))


def test_a_struct_cannot_be_passed(gpu):
    source = 'struct Pair { int a, b; }; extern "C" __global__ void see(Pair pair, Pair* pairs) {}'
    kernel = gpu.compile(source, ()).get_function("see")
    with pytest.raises(TypeError, match="kernel see: pair has a type that cannot be passed here"):
        kernel((1,), (1,), (np.int64(0), np.uintp(0)))


@pytest.mark.parametrize("count", [0, 3, 5])
def test_a_wrong_number_of_arguments(scale, count):
    with pytest.raises(TypeError, match=f"kernel scale: takes 4 arguments, got {count}"):
        scale((1,), (32,), (np.int32(0),) * count)


@pytest.mark.parametrize(
    ("grid", "block", "shared", "message"),
    [
        ((0,), (32,), 0, r"grid \(0,\) must be in 1 to"),
        ((2**31,), (32,), 0, r"grid \(2147483648,\) must be in"),
        ((1, 65536), (32,), 0, r"grid \(1, 65536\) must be in"),
        ((1, 1, 65536), (32,), 0, r"grid \(1, 1, 65536\) must be in"),
        ((1,), (0,), 0, r"block \(0,\) must be in"),
        ((1,), (1025,), 0, r"block \(1025,\) must be in"),
        ((1,), (1, 1, 65), 0, r"block \(1, 1, 65\) must be in"),
        ((1,), (33, 8), 0, r"block \(33, 8\) has more than 256 threads"),
        ((1,), (32,), 49153, r"shared_mem: 49153 bytes are more than 49152"),
    ],
)
def test_a_launch_that_cuda_refuses(gpu, grid, block, shared, message):
    kernel = gpu.compile(SCALE, ()).get_function("nothing")
    with pytest.raises(LaunchError, match=f"kernel nothing: {message}"):
        kernel(grid, block, (), shared_mem=shared)


def test_more_shared_memory_can_be_asked_for(gpu):
    kernel = gpu.compile(SCALE, ()).get_function("nothing")
    kernel.max_dynamic_shared_size_bytes = 96 << 10
    kernel((1,), (1,), (), shared_mem=96 << 10)


def test_grids_are_tuples(gpu):
    kernel = gpu.compile(SCALE, ()).get_function("nothing")
    with pytest.raises(TypeError, match="kernel nothing: grid must be a tuple of 1 to 3, got 7"):
        kernel(7, (1,), ())


def test_launch_bounds_bind(gpu):
    kernel = gpu.compile(SCALE, ()).get_function("small")
    kernel((1,), (64,), ())
    with pytest.raises(LaunchError, match=r"kernel small: block \(65,\) has more than 64 threads"):
        kernel((1,), (65,), ())
    kernel = gpu.compile(SCALE, ()).get_function("large")
    kernel((1,), (33, 31), ())
    with pytest.raises(LaunchError, match=r"block \(33, 32\) has more than 1024 threads"):
        kernel((1,), (33, 32), ())


def test_an_unknown_kernel_is_named(gpu):
    with pytest.raises(
        LaunchError, match="kernel scales: there is none .* scale, nothing, small, large"
    ):
        gpu.compile(SCALE, ()).get_function("scales")


def test_an_error_of_the_compiler_names_the_line(gpu):
    with pytest.raises(CompileError, match=r"kernel.cu:2:.*error: .*undeclared.*was not declared"):
        gpu.compile("#define NAME undeclared\n__global__ void f() { NAME = 1; }", ())


def test_headers_of_the_host_are_not_there(gpu):
    with pytest.raises(CompileError, match="vector: No such file"):
        gpu.compile("#include <vector>", ())


def test_macros_of_headers_make_kernels(gpu, tmp_path):
    (tmp_path / "kernels.cuh").write_text(
        """#pragma once
        #ifndef CORTADO_ON_HOST
        #error not on the host
        #endif
        #define KERNEL(name) extern "C" __global__ void name
        #define FILL(name, type) KERNEL(name)(type* y, type v) { y[threadIdx.x] = v * SCALE; }
        """
    )
    source = '#include "kernels.cuh"\n#include "kernels.cuh"\nFILL(fill, float) FILL(fills, int)'
    options = (f"-I{tmp_path}", "-DSCALE=3", "--std=c++17", "--use_fast_math")
    module = gpu.compile(source, options)
    y = gpu.zeros(4, "f")
    module.get_function("fill")((1,), (4,), (y, np.float32(1.5)))
    assert y.get().tolist() == [4.5] * 4
    module.get_function("fills")((1,), (4,), (gpu.zeros(4, "i"), np.int32(1)))


def test_a_changed_header_is_compiled_again(gpu, tmp_path):
    y = gpu.zeros(1, "i")
    for value in (1, 2):
        (tmp_path / "value.cuh").write_text(f"#define VALUE {value}\n")
        source = '#include "value.cuh"\nextern "C" __global__ void put(int* y) { *y = VALUE; }'
        gpu.compile(source, (f"-I{tmp_path}",)).get_function("put")((1,), (1,), (y,))
        assert y[0].item() == value


def test_kernels_may_have_names_of_the_c_library(gpu):
    source = """extern "C" {
    __global__ void copy(int* y) { *y = 1; }
    __global__ void index(int* y) { *y = 2; }
    __global__ void sinh(int* y) { *y = 3; }
    }"""
    module, y = gpu.compile(source, ()), gpu.zeros(1, "i")
    for value, name in enumerate(("copy", "index", "sinh"), 1):
        module.get_function(name)((1,), (1,), (y,))
        assert y[0].item() == value
