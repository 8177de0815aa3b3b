"""Shuffles and votes as CUDA defines them; barriers that not every thread reaches are reported."""

import numpy as np
import pytest
from emulated_gpu import ORDERS, EmulatedGpu, LaunchError, thread_order, why_missing

pytestmark = pytest.mark.skipif(why_missing() is not None, reason=str(why_missing()))


def run(body, threads=64, parameter="int* y", dtype="i", prelude=""):
    """y, a number for each thread of one block, after a kernel of this body."""
    gpu = EmulatedGpu()
    source = f"""{prelude}
#line 1 "kernel.cu"
extern "C" __global__ void probe({parameter}) {{ const int t = threadIdx.x; {body} }}"""
    y = gpu.zeros(threads, dtype)
    gpu.compile(source, ()).get_function("probe")((1,), (threads,), (y,))
    return y.get()


LANES = np.arange(64) % 32
THREADS = np.arange(64)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("__shfl_sync(~0u, t, 5)", THREADS - LANES + 5),
        ("__shfl_sync(~0u, t, 3, 8)", THREADS - LANES % 8 + 3),
        ("__shfl_up_sync(~0u, t, 2)", np.where(LANES >= 2, THREADS - 2, THREADS)),
        ("__shfl_up_sync(~0u, t, 1, 4)", np.where(LANES % 4, THREADS - 1, THREADS)),
        ("__shfl_down_sync(~0u, t, 3)", np.where(LANES < 29, THREADS + 3, THREADS)),
        ("__shfl_down_sync(~0u, t, 2, 16)", np.where(LANES % 16 < 14, THREADS + 2, THREADS)),
        ("__shfl_xor_sync(~0u, t, 7)", THREADS ^ 7),
        ("__shfl_xor_sync(~0u, t, 8, 8)", np.where(LANES & 8, THREADS - 8, THREADS)),
        ("(int)__shfl_xor_sync(~0u, (double)t, 1)", THREADS ^ 1),
        ("(int)__shfl_xor_sync(~0u, (long long)t << 40, 1) + (t ^ 1)", THREADS ^ 1),
        ("__popc(__ballot_sync(~0u, t % 3 == 0))", np.where(THREADS < 32, 11, 11)),
        ("__ballot_sync(~0u, t % 32 < 4 && t > 31)", np.where(THREADS < 32, 0, 15)),
        ("__any_sync(~0u, t == 40)", THREADS > 31),
        ("__all_sync(~0u, t < 40)", THREADS < 32),
    ],
)
def test_exchange_in_a_warp(call, expected, order):
    with thread_order(order):
        np.testing.assert_array_equal(run(f"y[t] = {call};"), expected)


def test_lanes_named_by_a_mask_may_meet_without_the_others():
    y = run("if (t % 32 < 16) y[t] = __shfl_xor_sync(0xffffu, t, 15);")
    np.testing.assert_array_equal(y, np.where(LANES < 16, THREADS ^ 15, 0))


def test_a_lane_that_takes_no_part_gives_garbage():
    assert run("if (t < 4) y[t] = __shfl_sync(0xfu, t, 9);")[0] == -1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "if (t < 40) __syncthreads();",
            r"divergent barrier: thread \(0, 0, 0\) waits at __syncthreads, kernel.cu:1, "
            r"thread \(63, 0, 0\) has returned, in block \(0, 0, 0\)",
        ),
        ("if (t < 40) return; y[t] = 1; __syncthreads();", "divergent barrier: .* has returned"),
        (
            "if (t < 32) __syncthreads();\n else __syncthreads();",
            "divergent barrier: .* kernel.cu:1, .* kernel.cu:2",
        ),
        (
            "if (t < 40) y[t] = __shfl_sync(~0u, t, 0);\n else __syncthreads();",
            r"divergent barrier: .*__shfl_sync\(0xffffffff\), .*1, .*__syncthreads, kernel.cu:2",
        ),
        (
            "if (t % 2) y[t] = __shfl_sync(~0u, t, 0);\n else y[t] = __shfl_sync(~0u, t, 1);",
            "divergent warp: .* kernel.cu:2, .* kernel.cu:1",
        ),
        (
            "y[t] = __shfl_sync(t % 32 < 16 ? ~0u : ~1u, t, 16);",
            r"divergent barrier: .*\(0xffffffff\), kernel.cu:1, .*\(0xfffffffe\), kernel.cu:1",
        ),
        (
            "y[t] = __shfl_sync(1u, t, 0);",
            "__shfl_sync at kernel.cu:1: the mask 0x1 leaves out the calling lane 1",
        ),
        ("__syncthreads(); assert(t < 50);", "assertion failed: t < 50"),
        ("assert(t < 50);", "assertion failed: t < 50"),
    ],
)
def test_what_would_hang_or_be_undefined_is_reported(body, message):
    with pytest.raises(LaunchError, match=f"kernel probe: {message}"):
        run(body)


def test_a_kernel_runs_again_after_one_that_failed():
    gpu = EmulatedGpu()
    source = """extern "C" __global__ void probe(int* y, int most) {
      if (threadIdx.x < most) __syncthreads();
      y[threadIdx.x] = 1;
    }"""
    kernel = gpu.compile(source, ()).get_function("probe")
    y = gpu.zeros(64, "i")
    with pytest.raises(LaunchError, match="divergent"):
        kernel((2,), (64,), (y, np.int32(7)))
    kernel((2,), (64,), (y, np.int32(64)))
    assert y.sum().item() == 64


@pytest.mark.parametrize(
    "prelude",
    [
        "__device__ void wait() { __syncthreads(); }",
        "template <class T> __device__ void inner(T) { __syncthreads(); }\n"
        "namespace a { __device__ void wait() { inner(1); } } using a::wait;",
        "#define wait() __syncthreads()",
        "struct Waiting { __device__ Waiting() { __syncthreads(); } };\n"
        "__device__ void wait() { Waiting here; }",
        'extern "C" { __device__ void wait() { if ("}{"[0] == \'}\') { __syncthreads(); } } }',
    ],
)
def test_barriers_in_functions_are_found(prelude):
    run("wait(); y[t] = 1;", prelude=prelude)


def test_a_barrier_that_was_not_found_is_reported():
    prelude = """struct Hidden { __device__ void wait() const { __syncthreads(); } };
    __device__ Hidden hidden;"""
    with pytest.raises(LaunchError, match="in a kernel that was thought to have no barriers"):
        run("hidden.wait();", prelude=prelude)


def test_the_last_block_sees_what_all_wrote():
    gpu = EmulatedGpu()
    source = """extern "C" __global__ void sum(float* parts, unsigned* done, float* y) {
      __shared__ bool is_last;
      parts[blockIdx.x] = blockIdx.x;
      __threadfence();
      if (threadIdx.x == 0) is_last = atomicAdd(done, 1u) == gridDim.x - 1;
      __syncthreads();
      if (is_last && threadIdx.x == 0)
        for (int i = 0; i < gridDim.x; ++i) *y += parts[i];
    }"""
    kernel = gpu.compile(source, ()).get_function("sum")
    for order in ORDERS:
        y = gpu.zeros(1, "f")
        with thread_order(order):
            kernel((10,), (32,), (gpu.empty(10, "f"), gpu.zeros(1, "uint32"), y))
        assert y[0].item() == 45
