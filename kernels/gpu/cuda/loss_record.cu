// ring[slot] = the loss of a pass, or += it: one block adds up one top after the other.
#include "numbers.cuh"
#include "reduce.cuh"

KERNEL(record)
(const real* top, int count, float weight, float* ring, const int* slot, int adds) {
    double sum = 0;
    for (unsigned i = threadIdx.x; i < (unsigned)count; i += blockDim.x) sum += value(top[i]);
    sum = block_sum(sum);
    if (threadIdx.x == 0) ring[*slot] = (adds ? ring[*slot] : 0.f) + weight * (float)sum;
}
