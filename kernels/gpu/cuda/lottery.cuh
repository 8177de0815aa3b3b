// Random bits by a key and a place: those of layers/families/lottery.py, for which see its source.
#pragma once

// 64 random bits for number i under this key.
__device__ __forceinline__ unsigned long long lot(unsigned long long key, unsigned i) {
    unsigned long long z = key + i * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}
