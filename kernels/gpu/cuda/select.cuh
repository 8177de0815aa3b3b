// Which of many numbers are the largest, as one block finds out. Keys stand for numbers: an array
// of them, or what gives key p as keys[p].
#pragma once
#include "scan.cuh"

#define DIGITS 256  // of eight bits

// What orders numbers as they are ordered; above 0, which stands for no candidate. NaN comes last.
__device__ __forceinline__ unsigned key_of(float v) {
    const unsigned bits = __float_as_uint(v + 0.f);  // -0 is 0
    if (v != v) return 1;
    return bits >> 31 ? ~bits : bits | 1u << 31;
}

// The number that has this key.
__device__ __forceinline__ float keyed(unsigned key) {
    return __uint_as_float(key >> 31 ? key & ~(1u << 31) : ~key);
}

// The largest key that so many of count keys reach, and how many of those that equal it are among
// them: found digit by digit, from the first one down. All threads of the block must take part, at
// least DIGITS.
template <class Keys>
__device__ unsigned find_threshold(const Keys& keys, int count, int wanted, int* equals) {
    __shared__ int counts[DIGITS];
    __shared__ unsigned threshold;
    __shared__ int missing;
    // Whoever called this twice must have read the first result before it is written over.
    __syncthreads();
    if (threadIdx.x == 0) threshold = 0, missing = wanted;
    for (int shift = 24; shift >= 0; shift -= 8) {
        if (threadIdx.x < DIGITS) counts[threadIdx.x] = 0;
        __syncthreads();
        const unsigned known = threshold;
        const int still = missing;
        for (int p = threadIdx.x; p < count; p += blockDim.x) {
            const unsigned key = keys[p];
            // In two steps, as no number is shifted by 32 bits.
            if ((key ^ known) >> shift >> 8 == 0) atomicAdd(counts + (key >> shift) % DIGITS, 1);
        }
        __syncthreads();
        const int digit = DIGITS - 1 - (int)threadIdx.x;
        const int here = digit >= 0 ? counts[digit] : 0;
        int all;
        const int before = block_scan(here, &all);
        if (before < still && still <= before + here) {
            threshold = known | (unsigned)digit << shift;
            missing = still - before;
        }
        __syncthreads();
    }
    *equals = missing;
    return threshold;
}
