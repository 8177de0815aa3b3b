// Rows of a table, picked by numbers that are floating point, and the sums of their gradients.
// TABLE_IS_REAL: the table has numbers of the type of blobs; else they are floats.
#include "divide.cuh"
#include "numbers.cuh"
#include "rows.cuh"

#ifdef TABLE_IS_REAL
typedef real entry;
__device__ __forceinline__ entry rounded(float v) { return number(v); }
#else
typedef float entry;
__device__ __forceinline__ entry rounded(float v) { return v; }
#endif

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
// share of blockDim.x columns; whichever m is the first of its row adds up all of them.
KERNEL(add_rows)
(entry* table, const float* indices, const real* dy, int rows, int columns, int shares, int count) {
    const unsigned m = blockIdx.x / shares;
    const unsigned column = (blockIdx.x - m * shares) * blockDim.x + threadIdx.x;
    float sum = 0;
    const bool is_first = each_of_row(indices, m, count, rows, [&](unsigned long long other) {
        if (column < (unsigned)columns) sum += value(dy[other * columns + column]);
    });
    if (!is_first || column >= (unsigned)columns) return;
    entry& target = table[(long long)row_of(indices[m], rows) * columns + column];
    target = rounded(value(target) + sum);
}
