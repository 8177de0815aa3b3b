// Pools whole planes of x (N, C, places): y (N, C) = the largest or the mean. A block takes
// neighbouring channels (LANES of them), each with as many threads, a power of 2, as there are rows
// in it; threads of a row read what lies side by side.
// X_LAST: whether channels run fastest through the memory of x.
#include "divide.cuh"
#include "numbers.cuh"

#define LANES (X_LAST ? 32 : 1)
#define MOST_THREADS 1024

// What a thread works on.
struct Share {
    int row, rows;
    bool exists;
    unsigned channel, start, step;  // the channel of its item; where its plane lies in x
};

__device__ __forceinline__ Share my_share(int channels, int places) {
    const unsigned groups = (channels + LANES - 1) / LANES;
    const unsigned n = blockIdx.x / groups;
    const unsigned c = blockIdx.x % groups * LANES + threadIdx.x % LANES;
    const unsigned start = X_LAST ? n * places * channels + c : (n * channels + c) * places;
    return {(int)(threadIdx.x / LANES), (int)(blockDim.x / LANES), c < (unsigned)channels,
            n * channels + c, start, X_LAST ? (unsigned)channels : 1u};
}

WIDE_KERNEL(mean)
(const real* x, real* y, float divisor, int channels, int places) {
    __shared__ float sums[MOST_THREADS];
    const Share my = my_share(channels, places);
    float sum = 0;
    if (my.exists) {
        for (int p = my.row; p < places; p += my.rows) sum += value(x[my.start + p * my.step]);
    }
    sums[threadIdx.x] = sum;
    for (int half = my.rows / 2; half > 0; half /= 2) {
        __syncthreads();
        if (my.row < half) sums[threadIdx.x] += sums[threadIdx.x + half * LANES];
    }
    if (my.row == 0 && my.exists) y[my.channel] = number(sums[threadIdx.x] / divisor);
}

// Whether v at place p wins over the best so far: of equals the first, and NaN over all.
__device__ __forceinline__ bool wins(float v, int p, float best, int best_p) {
    if (v != v) return best == best || p < best_p;
    return v > best || (v == best && p < best_p);
}

// taken: the place in its plane, (N, C); mask the same as a blob. Both may be null.
WIDE_KERNEL(largest)
(const real* x, real* y, int* taken, float* mask, int channels, int places) {
    __shared__ float values[MOST_THREADS];
    __shared__ int from[MOST_THREADS];
    const Share my = my_share(channels, places);
    float best = -INFINITY;
    int best_p = places;
    if (my.exists) {
        for (int p = my.row; p < places; p += my.rows) {
            const float v = value(x[my.start + p * my.step]);
            if (wins(v, p, best, best_p)) best = v, best_p = p;
        }
    }
    values[threadIdx.x] = best;
    from[threadIdx.x] = best_p;
    for (int half = my.rows / 2; half > 0; half /= 2) {
        __syncthreads();
        const int other = threadIdx.x + half * LANES;
        if (my.row < half && wins(values[other], from[other], best, best_p)) {
            values[threadIdx.x] = best = values[other];
            from[threadIdx.x] = best_p = from[other];
        }
    }
    if (my.row != 0 || !my.exists) return;
    y[my.channel] = number(best);
    if (taken) taken[my.channel] = best_p;
    if (mask) mask[my.channel] = (float)best_p;
}

// Number i of x: the channel of its item, and its place in the plane. factor and shift divide by
// channels or, plain, by places; those of the plane by channels * places.
struct Number {
    unsigned channel, place;
};
__device__ __forceinline__ Number number_at(unsigned i, int channels, int places, unsigned factor,
                                            int shift, unsigned item_factor, int item_shift) {
    const unsigned row = quotient(i, factor, shift);
    if (!X_LAST) return {row, i - row * places};
    const unsigned n = quotient(i, item_factor, item_shift);
    return {n * channels + (i - row * channels), row - n * places};
}

KERNEL(mean_backward)
(const real* dy, real* dx, int adds, float divisor, int count, int channels, int places,
 unsigned factor, int shift, unsigned item_factor, int item_shift) {
    EACH(i, count) {
        const Number at =
            number_at(i, channels, places, factor, shift, item_factor, item_shift);
        const float part = value(dy[at.channel]) / divisor;
        dx[i] = number(adds ? value(dx[i]) + part : part);
    }
}

KERNEL(largest_backward)
(const real* dy, const int* taken, real* dx, int adds, int count, int channels, int places,
 unsigned factor, int shift, unsigned item_factor, int item_shift) {
    EACH(i, count) {
        const Number at =
            number_at(i, channels, places, factor, shift, item_factor, item_shift);
        const bool is_taken = taken[at.channel] == (int)at.place;
        const float part = is_taken ? value(dy[at.channel]) : 0.f;
        dx[i] = number(adds ? value(dx[i]) + part : part);
    }
}
