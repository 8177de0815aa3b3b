// Where a condition holds for the first time, as one block finds out.
#pragma once
#include "reduce.cuh"

// The first of the numbers 0 .. count - 1 for which holds(i), or count. All threads must take part.
template <class Condition> __device__ int first_where(int count, Condition holds) {
    int rest = 0;
    for (int i = threadIdx.x; i < count && rest == 0; i += blockDim.x)
        if (holds(i)) rest = count - i;
    return count - block_max(rest);
}
