// sums[g, p] = FINISH, an expression in v = factor * the sum over o and i of TERM, which is one in
// x[g, o, p, i] and y there, for arrays that lie as (groups, outer, parts, inner). Sums are taken
// in one order, always: chunks of (o, i) by blocks, and where there are several chunks, their sums,
// partial[chunk, g, p], after.
#include "divide.cuh"
#include "numbers.cuh"
#include "reduce.cuh"

#ifdef SUMS_ARE_REAL
typedef real result;
#define ROUNDED(v) number(v)
#else
typedef float result;
#define ROUNDED(v) (v)
#endif
#ifdef READS_Y
#define TERM_AT(i) term(value(xs[i]), value(ys[i]))
#else
#define TERM_AT(i) term(value(xs[i]), 0.f)
#endif

__device__ __forceinline__ float term(float x, float y) { return TERM; }

__device__ void give(result* sums, unsigned s, float total, float factor, int adds) {
    const float v = factor * total;
    sums[s] = ROUNDED((adds ? value(sums[s]) : 0.f) + FINISH);
}

// What the threads of a column, those with the same threadIdx.x mod width, have put together, for
// its first thread. All threads of the block must take part, 256 at most.
template <class T> __device__ T column_sum(T v, int width) {
    __shared__ T of_threads[256];
    of_threads[threadIdx.x] = v;
    __syncthreads();
    for (int half = blockDim.x / 2; half >= width; half /= 2) {
        if (threadIdx.x < half) of_threads[threadIdx.x] += of_threads[threadIdx.x + half];
        __syncthreads();
    }
    return of_threads[threadIdx.x];
}

// Block (chunk, g, p); inner_factor and inner_shift divide by inner.
KERNEL(sum_rows)
(const real* xs, const real* ys, int outer, int parts, int inner, unsigned inner_factor,
 int inner_shift, int count, int chunk, float* partial, result* sums, float factor, int adds) {
    const unsigned place = blockIdx.x / count, s = blockIdx.x - place * count;
    const unsigned g = s / parts, p = s - g * parts, row = (unsigned)(parts - 1) * inner;
    const unsigned first = (g * outer * parts + p) * inner;
    const unsigned start = place * chunk, end = min(start + chunk, (unsigned)outer * inner);
    float total = 0;
#pragma unroll 4
    for (unsigned k = start + threadIdx.x; k < end; k += blockDim.x) {
        const unsigned i = first + k + quotient(k, inner_factor, inner_shift) * row;
        total += TERM_AT(i);
    }
    total = block_sum(total);
    if (threadIdx.x != 0) return;
    if (partial)
        partial[blockIdx.x] = total;
    else
        give(sums, s, total, factor, adds);
}

// For inner 1: block (chunk, g, tile of 2^bits parts); neighbours of p have neighbouring threads.
KERNEL(sum_columns)
(const real* xs, const real* ys, int outer, int parts, int tiles, int bits, int count, int chunk,
 float* partial, result* sums, float factor, int adds) {
    const unsigned width = 1u << bits, rows = blockDim.x >> bits;
    const unsigned groups = (unsigned)count / parts;
    const unsigned block = blockIdx.x / tiles, tile = blockIdx.x - block * tiles;
    const unsigned place = block / groups, g = block - place * groups;
    const unsigned p = (tile << bits) + (threadIdx.x & (width - 1));
    const unsigned start = place * chunk, end = min(start + chunk, (unsigned)outer);
    float total = 0;
    if (p < parts) {
#pragma unroll 4
        for (unsigned o = start + (threadIdx.x >> bits); o < end; o += rows) {
            const unsigned i = (g * outer + o) * parts + p;
            total += TERM_AT(i);
        }
    }
    total = column_sum(total, width);
    if (threadIdx.x >= width || p >= parts) return;
    const unsigned s = g * parts + p;
    if (partial)
        partial[place * count + s] = total;
    else
        give(sums, s, total, factor, adds);
}

// Block (tile of 2^bits sums).
KERNEL(sum_partial)
(const float* partial, int chunks, int bits, int count, result* sums, float factor, int adds) {
    const unsigned width = 1u << bits, rows = blockDim.x >> bits;
    const unsigned s = (blockIdx.x << bits) + (threadIdx.x & (width - 1));
    double total = 0;
    if (s < count) {
        for (unsigned place = threadIdx.x >> bits; place < chunks; place += rows)
            total += partial[place * count + s];
    }
    total = column_sum(total, width);
    if (threadIdx.x < width && s < count) give(sums, s, (float)total, factor, adds);
}
