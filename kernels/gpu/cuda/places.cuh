// Numbers along one axis: arrays lie as (outer, size, inner), and there is a place for each outer
// and inner. LANES threads that stand side by side share a place: a power of 2 up to 32, or all
// threads of the block. See places.py.
#pragma once
#include "reduce.cuh"

#define LANE (threadIdx.x % LANES)

// Runs through the places 0 .. count - 1, shared out among all threads of the grid.
#define EACH_PLACE(place, count)                                                                 \
    for (unsigned place = (blockIdx.x * blockDim.x + threadIdx.x) / LANES;                       \
         place < (unsigned)(count); place += gridDim.x * blockDim.x / LANES)

// Runs through the numbers of a place, shared out among its lanes: c is the number's place along
// the axis, and i its index.
#define EACH_OF_PLACE(c, i, place, size, inner)                                                  \
    for (unsigned c = LANE, i = first_of(place, size, inner) + c * (inner); c < (unsigned)(size); \
         c += LANES, i += LANES * (inner))

// The index of the first number of a place.
__device__ __forceinline__ unsigned first_of(unsigned place, unsigned size, unsigned inner) {
    if (inner == 1) return place * size;
    const unsigned outer = place / inner;
    return place + outer * (size - 1) * inner;
}

// The values of the lanes of a place put together, given to each of them. All must take part.
template <class Operation, class T> __device__ __forceinline__ T over_lanes(T v) {
#if LANES > 32
    return block_reduce<Operation>(v);
#else
    // Other places of the warp may be done, or not there.
    const unsigned lanes = (LANES == 32 ? 0xffffffffu : (1u << LANES % 32) - 1)
                           << (threadIdx.x & 31 & ~(LANES - 1));
    for (int distance = LANES / 2; distance > 0; distance /= 2)
        v = Operation::of(v, __shfl_xor_sync(lanes, v, distance));
    return v;
#endif
}
