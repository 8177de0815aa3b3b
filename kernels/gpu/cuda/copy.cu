// target[i] = source[i], or += it, for arrays of any strides. SOURCE and TARGET are the types of
// their numbers: real, or one of them float.
#include "numbers.cuh"
#include "strides.cuh"

#if REAL
__device__ __forceinline__ void round_to(float* target, float v) { *target = v; }
#endif
__device__ __forceinline__ void round_to(real* target, float v) { *target = number(v); }

__device__ __forceinline__ void put(TARGET* target, SOURCE v, int adds) {
    round_to(target, adds ? value(*target) + value(v) : value(v));
}

KERNEL(copy)
(const SOURCE* source, TARGET* target, const int* geometry, int axes, int count, int adds) {
    EACH(i, count) {
        long long from = 0, to = 0;
        find(i, geometry, axes, &from, &to);
        put(target + to, source[from], adds);
    }
}

// Rows run fastest through target, columns through source; row_stride is source's, column_stride
// target's. A block of 256 threads copies a square by way of shared memory, so that it reads and
// writes neighbours. geometry: the other axes.
KERNEL(copy_crosswise)
(const SOURCE* source, TARGET* target, int rows, int row_stride, int columns, int column_stride,
 const int* geometry, int axes, int adds) {
    constexpr unsigned size = 32;
    __shared__ SOURCE square[size][size + 1];
    const unsigned across = (columns + size - 1) / size, down = (rows + size - 1) / size;
    const unsigned first_column = blockIdx.x % across * size;
    const unsigned first_row = blockIdx.x / across % down * size;
    long long from = 0, to = 0;
    find(blockIdx.x / across / down, geometry, axes, &from, &to);
    const unsigned near = threadIdx.x % size;
    for (unsigned far = threadIdx.x / size; far < size; far += blockDim.x / size) {
        const unsigned row = first_row + far, column = first_column + near;
        if (row < (unsigned)rows && column < (unsigned)columns)
            square[far][near] = source[from + (long long)row * row_stride + column];
    }
    __syncthreads();
    for (unsigned far = threadIdx.x / size; far < size; far += blockDim.x / size) {
        const unsigned row = first_row + near, column = first_column + far;
        if (row < (unsigned)rows && column < (unsigned)columns)
            put(target + to + (long long)column * column_stride + row, square[near][far], adds);
    }
}

KERNEL(copy_dense)
(const SOURCE* source, TARGET* target, int count, int adds) {
    EACH(i, count) {
        put(target + i, source[i], adds);
    }
}

KERNEL(fill)
(real* target, int count, float v) {
    EACH(i, count) {
        target[i] = number(v);
    }
}
