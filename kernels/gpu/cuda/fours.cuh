// Numbers of blobs, four at a time: with 16 bits a number, one at a time is too little for threads
// to keep the memory busy.
#pragma once
#include "numbers.cuh"

struct alignas(4 * sizeof(real)) Four {
    real of[4];
};

// Runs through the fours of count numbers, of which the last may not be whole.
#define EACH_FOUR(j, count) EACH (j, ((unsigned)(count) + 3) / 4)

// Numbers 4 j .. 4 j + 3 of an array, zeros beyond its end. aligned: whether all arrays begin at
// multiples of 16 bytes.
__device__ __forceinline__ Four load_four(const real* array, unsigned j, unsigned count,
                                          int aligned) {
    if (aligned && 4 * j + 3 < count) return reinterpret_cast<const Four*>(array)[j];
    Four four;
#pragma unroll
    for (int k = 0; k < 4; ++k) four.of[k] = 4 * j + k < count ? array[4 * j + k] : number(0.f);
    return four;
}

__device__ __forceinline__ void store_four(real* array, unsigned j, unsigned count, int aligned,
                                           const Four& four) {
    if (aligned && 4 * j + 3 < count) {
        reinterpret_cast<Four*>(array)[j] = four;
        return;
    }
#pragma unroll
    for (int k = 0; k < 4; ++k)
        if (4 * j + k < count) array[4 * j + k] = four.of[k];
}
