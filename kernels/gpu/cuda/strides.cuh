// Where numbers lie in arrays of any strides.
#pragma once

// Where number i lies in two arrays. geometry: for each of `axes` axes, the last first, its size
// and its strides in both.
__device__ __forceinline__ void find(unsigned i, const int* geometry, int axes, long long* from,
                                     long long* to) {
    for (int axis = 0; axis < axes; ++axis) {
        const unsigned size = geometry[3 * axis], rest = axis + 1 < axes ? i / size : 0;
        const unsigned place = i - rest * size;
        i = rest;
        *from += (long long)place * geometry[3 * axis + 1];
        *to += (long long)place * geometry[3 * axis + 2];
    }
}
