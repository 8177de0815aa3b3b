// Sums of what comes before, over the threads of a block of a multiple of 32 threads.
#pragma once

// The sum of the values of the threads before this one; *total: of all. All must take part.
template <class T> __device__ T block_scan(T v, T* total) {
    __shared__ T of_warps[32];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, warps = blockDim.x >> 5;
    T sum = v;
    for (int distance = 1; distance < 32; distance <<= 1) {
        const T other = __shfl_up_sync(0xffffffffu, sum, distance);
        if (lane >= distance) sum += other;
    }
    // Whoever called this twice must have read the first result before it is written over.
    __syncthreads();
    if (lane == 31) of_warps[warp] = sum;
    __syncthreads();
    T before = sum - v;
    *total = 0;
    for (int i = 0; i < warps; ++i) {
        if (i < warp) before += of_warps[i];
        *total += of_warps[i];
    }
    return before;
}
