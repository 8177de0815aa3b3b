// Sums and maxima over the threads of a block, of a multiple of 32 threads and at most 1024.
#pragma once

struct Sum {
    template <class T> __device__ static T of(T a, T b) { return a + b; }
};
struct Largest {
    template <class T> __device__ static T of(T a, T b) { return a > b ? a : b; }
};

// The values of all threads put together, given to every one of them. All must take part.
template <class Operation, class T> __device__ T block_reduce(T v) {
    __shared__ T of_warps[32];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, warps = blockDim.x >> 5;
    for (int distance = 16; distance > 0; distance >>= 1)
        v = Operation::of(v, __shfl_xor_sync(0xffffffffu, v, distance));
    // Whoever called this twice must have read the first result before it is written over.
    __syncthreads();
    if (lane == 0) of_warps[warp] = v;
    __syncthreads();
    T result = of_warps[0];
    for (int i = 1; i < warps; ++i) result = Operation::of(result, of_warps[i]);
    return result;
}

template <class T> __device__ T block_sum(T v) { return block_reduce<Sum>(v); }
template <class T> __device__ T block_max(T v) { return block_reduce<Largest>(v); }
