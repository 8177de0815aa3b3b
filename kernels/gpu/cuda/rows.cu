// Rows of a table, picked by numbers that are floating point, and the sums of their gradients.
// TABLE_IS_REAL: the table has numbers of the type of blobs; else they are floats.
#include "divide.cuh"
#include "numbers.cuh"

#ifdef TABLE_IS_REAL
typedef real entry;
__device__ __forceinline__ entry rounded(float v) { return number(v); }
#else
typedef float entry;
__device__ __forceinline__ entry rounded(float v) { return v; }
#endif

// The row that an index names, or -1 if it names none.
__device__ __forceinline__ int row_of(float index, int rows) {
    return index >= 0 && index < rows ? (int)index : -1;
}

// y[m] = table[indices[m]] + bias, which may be null; 0 and a fault where there is no such row.
KERNEL(pick)
(const entry* table, const float* indices, const float* bias, real* y, int rows, int columns,
 unsigned factor, int shift, int count, int* fault) {
    EACH(i, count) {
        const unsigned m = quotient(i, factor, shift), column = i - m * columns;
        const int row = row_of(indices[m], rows);
        if (row < 0) {
            if (column == 0) atomicMax(fault, (int)m + 1);
            y[i] = number(0.f);
            continue;
        }
        const float picked = value(table[(long long)row * columns + column]);
        y[i] = number(bias ? picked + bias[column] : picked);
    }
}

// table[indices[m]] += dy[m], each row's in order of m. A block for each m, of `count`, and each
// share of blockDim.x columns; whichever m is the first of its row adds up all of them. Each warp
// looks at 32 indices at a time, and comes to the same result as the others.
KERNEL(add_rows)
(entry* table, const float* indices, const real* dy, int rows, int columns, int shares, int count) {
    const unsigned m = blockIdx.x / shares, lane = threadIdx.x % 32;
    const unsigned column = (blockIdx.x - m * shares) * blockDim.x + threadIdx.x;
    const int row = row_of(indices[m], rows);
    if (row < 0) return;
    for (unsigned start = 0; start < m; start += 32) {
        const unsigned other = start + lane;
        const bool is_before = other < m && row_of(indices[other], rows) == row;
        if (__ballot_sync(0xffffffffu, is_before)) return;
    }
    float sum = 0;
    for (unsigned start = m; start < (unsigned)count; start += 32) {
        const unsigned other = start + lane;
        const bool is_same = other < (unsigned)count && row_of(indices[other], rows) == row;
        unsigned same = __ballot_sync(0xffffffffu, is_same);
        for (; same; same &= same - 1) {
            const unsigned long long from = start + __ffs(same) - 1;
            if (column < (unsigned)columns) sum += value(dy[from * columns + column]);
        }
    }
    if (column >= (unsigned)columns) return;
    entry& target = table[(long long)row * columns + column];
    target = rounded(value(target) + sum);
}
