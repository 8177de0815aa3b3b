"""Kernels without and with barriers give what NumPy gives, in each order of threads."""

import numpy as np
import pytest
from emulated_gpu import ORDERS, EmulatedGpu, LaunchError, thread_order, why_missing

pytestmark = pytest.mark.skipif(why_missing() is not None, reason=str(why_missing()))

MAX_POOL = """
extern "C" {
__constant__ int window = 3;

__global__ void max_pool(const float* __restrict__ x, float* __restrict__ y, int* mask, int count,
                         int h, int w, int out_h, int out_w, int stride) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += blockDim.x * gridDim.x) {
    const int column = i % out_w, row = i / out_w % out_h;
    const float* plane = x + (long long)(i / (out_w * out_h)) * h * w;
    float largest = -INFINITY;
    for (int r = row * stride; r < min(row * stride + window, h); ++r)
      for (int c = column * stride; c < min(column * stride + window, w); ++c)
        if (plane[r * w + c] > largest) {
          largest = plane[r * w + c];
          mask[i] = r * w + c;
        }
    y[i] = largest;
  }
}
}
"""

# The third of the barriers of softmax is numbered, for tests to take it away.
SOFTMAX = """
__device__ __forceinline__ float warp_max(float v) {
  for (int o = 16; o > 0; o >>= 1) v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, o));
  return v;
}
__device__ __forceinline__ float warp_sum(float v) {
  for (int o = 16; o > 0; o >>= 1) v += __shfl_down_sync(0xffffffffu, v, o);
  return __shfl_sync(0xffffffffu, v, 0);
}
extern "C" __global__ void __launch_bounds__(4 * 64)
softmax(const float* x, float* y, int columns) {
  __shared__ float parts[32];
  x += blockIdx.x * columns;
  y += blockIdx.x * columns;
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
  float m = -INFINITY;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) m = fmaxf(m, x[i]);
  m = warp_max(m);
  if (lane == 0) parts[warp] = m;
  __syncthreads();
  m = warp_max(lane < warps ? parts[lane] : -INFINITY);
  float sum = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) sum += y[i] = __expf(x[i] - m);
  sum = warp_sum(sum);
  __syncthreads();
  if (lane == 0) parts[warp] = sum;
  __syncthreads(/* 3 */);
  sum = warp_sum(lane < warps ? parts[lane] : 0.0f);
  for (int i = threadIdx.x; i < columns; i += blockDim.x) y[i] /= sum;
}
"""

ABSOLUTE_SUM = """
extern "C" __global__ void absolute_sum(const float* x, double* sum, unsigned* blocks, int count) {
  extern __shared__ __align__(16)
      double parts[];
  double mine = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += blockDim.x * gridDim.x)
    mine += fabsf(x[i]);
  parts[threadIdx.x] = mine;
  for (int half = blockDim.x / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
  }
  if (threadIdx.x == 0) {
    atomicAdd(sum, parts[0]);
    atomicAdd(blocks, 1u);
  }
}
"""


@pytest.fixture
def gpu():
    return EmulatedGpu()


def on_device(gpu, array):
    device = gpu.empty(array.size, array.dtype)
    gpu.upload(array, device)
    return device


def test_an_unknown_order_is_refused():
    with pytest.raises(ValueError, match="order: one of forward, backward, shuffled; found 'up'"):
        thread_order("up").__enter__()


@pytest.mark.parametrize("order", ORDERS)
def test_max_pooling(gpu, order, rng):
    x = rng.standard_normal((2, 3, 9, 11)).astype("f")
    y, mask = gpu.empty(2 * 3 * 4 * 5, "f"), gpu.empty(2 * 3 * 4 * 5, "i")
    kernel = gpu.compile(MAX_POOL, ()).get_function("max_pool")
    with thread_order(order):
        sizes = map(np.int32, (y.size, 9, 11, 4, 5, 2))
        kernel((2,), (32,), (on_device(gpu, x), y, mask, *sizes))
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3))[:, :, ::2, ::2]
    np.testing.assert_array_equal(y.get().reshape(2, 3, 4, 5), windows.max((4, 5)))
    taken = np.take_along_axis(x.reshape(6, -1), mask.get().reshape(6, -1), 1)
    np.testing.assert_array_equal(taken.ravel(), y.get())
    assert not kernel.has_barriers


def softmax_of(gpu, x, threads, source=SOFTMAX):
    y = gpu.empty(x.size, "f")
    kernel = gpu.compile(source, ()).get_function("softmax")
    assert kernel.has_barriers
    kernel((len(x),), (threads,), (on_device(gpu, x), y, np.int32(x.shape[1])))
    return y.get().reshape(x.shape)


def softmax_by_numpy(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("threads", [32, 96, 256])
def test_softmax_by_shuffles_and_shared_memory(gpu, order, threads, rng):
    x = rng.standard_normal((5, 333)).astype("f") * 3
    with thread_order(order):
        y = softmax_of(gpu, x, threads)
    np.testing.assert_allclose(y, softmax_by_numpy(x), rtol=2e-6)


@pytest.mark.parametrize("order", ORDERS)
def test_sum_by_dynamic_shared_memory_and_atomics(gpu, order, rng):
    x = rng.standard_normal(1000).astype("f")
    total, blocks = gpu.zeros(1, "d"), gpu.zeros(1, "uint32")
    kernel = gpu.compile(ABSOLUTE_SUM, ()).get_function("absolute_sum")
    with thread_order(order):
        arguments = (on_device(gpu, x), total, blocks, np.int32(1000))
        kernel((3,), (64,), arguments, shared_mem=64 * 8)
    assert total[0].item() == pytest.approx(abs(x.astype("d")).sum(), rel=1e-12)
    assert blocks[0].item() == 3


def test_too_little_dynamic_shared_memory_is_noticed(gpu, rng):
    kernel = gpu.compile(ABSOLUTE_SUM, ()).get_function("absolute_sum")
    arguments = (gpu.zeros(10, "f"), gpu.zeros(1, "d"), gpu.zeros(1, "uint32"), np.int32(10))
    with pytest.raises(LaunchError, match="absolute_sum: written past the 504 bytes of dynamic sh"):
        kernel((1,), (64,), arguments, shared_mem=504)


def test_a_missing_barrier_shows_in_some_order(gpu, rng):
    x = rng.standard_normal((5, 333)).astype("f")
    source = SOFTMAX.replace("__syncthreads(/* 3 */);", "")
    is_right = []
    for order in ORDERS:
        with thread_order(order):
            y = softmax_of(gpu, x, 128, source)
        is_right.append(np.allclose(y, softmax_by_numpy(x), rtol=1e-3))
    assert not all(is_right)


@pytest.mark.parametrize("order", ["forward", "shuffled"])
def test_a_missing_barrier_before_memory_is_written_again_shows(gpu, order):
    source = """
    extern "C" __global__ void shift_twice(int* x) {
      __shared__ int from[128];
      for (int round = 0; round < 2; ++round) {
        from[threadIdx.x] = x[threadIdx.x];
        __syncthreads();
        x[threadIdx.x] = from[(threadIdx.x + 32) % 128];
        BARRIER
      }
    }"""
    results = []
    for barrier in ("__syncthreads();", ""):
        x = on_device(gpu, np.arange(128, dtype="i"))
        kernel = gpu.compile(source.replace("BARRIER", barrier), ()).get_function("shift_twice")
        with thread_order(order):
            kernel((1,), (128,), (x,))
        results.append(np.array_equal(x.get(), (np.arange(128) + 64) % 128))
    assert results == [True, False]


def test_blocks_and_threads_run_in_the_order_asked_for(gpu):
    source = """extern "C" __global__ void number(int* next, int* numbers) {
      numbers[blockIdx.x * blockDim.x + threadIdx.x] = atomicAdd(next, 1);
    }"""
    kernel = gpu.compile(source, ()).get_function("number")
    seen = {}
    for order in ORDERS:
        numbers = gpu.empty(40, "i")
        with thread_order(order):
            kernel((5,), (8,), (gpu.zeros(1, "i"), numbers))
        seen[order] = numbers.get().tolist()
    assert seen["forward"] == list(range(40))
    assert seen["backward"] == list(range(40))[::-1]
    assert sorted(seen["shuffled"]) == list(range(40))
    assert seen["shuffled"] not in (seen["forward"], seen["backward"])


def test_grids_and_blocks_have_three_axes(gpu):
    source = """extern "C" __global__ void place(unsigned* places) {
      unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
      unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
      atomicAdd(&places[block * blockDim.x * blockDim.y * blockDim.z + thread], 1u);
    }"""
    places = gpu.zeros(2 * 3 * 4 * 5 * 6 * 7, "uint32")
    gpu.compile(source, ()).get_function("place")((2, 3, 4), (5, 6, 7), (places,))
    assert (places == 1).all().item()


def test_shared_memory_holds_nan_at_the_beginning_of_each_block(gpu):
    source = """
    template <class T> __device__ T first() {
      __shared__ T other, kept[3];
      T v = kept[1];
      kept[1] = 5;
      return v;
    }
    extern "C" __global__ void read(float* y) {
      extern __shared__ float raw[];
      __shared__ __align__(16) float never;
      y[2 * blockIdx.x] = first<float>();
      y[2 * blockIdx.x + 1] = raw[3] + never;
      if (never < 0) never = raw[3] = 1;
    }"""
    y = gpu.zeros(8, "f")
    gpu.compile(source, ()).get_function("read")((4,), (1,), (y,), shared_mem=16)
    assert np.isnan(y.get()).all()
