// Division by a number that is the same for all threads, known to the host: see division.py.
#pragma once

// n / d for n below 2^31, factor and shift being divisor(d).
__device__ __forceinline__ unsigned quotient(unsigned n, unsigned factor, int shift) {
    return (unsigned)((unsigned long long)n * factor >> shift);
}
