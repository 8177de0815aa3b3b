// Products of matrices by tiles of 64 x 64 numbers: a block of 256 threads makes one, 4 x 4 numbers
// per thread, from strips of both factors in shared memory.
#pragma once
#include "functions.cuh"
#include "numbers.cuh"

const int TILE = 64, STRIP = 16, TILE_THREADS = 256;

// Each thread brings 4 numbers of every strip, of TILE lines (rows of the left factor, columns of
// the right one) and STRIP places along the sum. ALONG_SUM: neighbouring threads bring neighbours
// along the sum, as it should be where those are neighbours in memory.
template <bool ALONG_SUM> struct Strip {
    __device__ static int line(int i) {
        return ALONG_SUM ? threadIdx.x / STRIP + i * (TILE / 4) : threadIdx.x % TILE;
    }
    __device__ static int place(int i) {
        return ALONG_SUM ? threadIdx.x % STRIP : threadIdx.x / TILE + i * (STRIP / 4);
    }
    // The padding keeps threads that write out of each other's way.
    __device__ static void put(float (*strip)[TILE + 4], const float* brought) {
        for (int i = 0; i < 4; ++i) strip[place(i)][line(i)] = brought[i];
    }
};

// sums[i][j] += the products, over begin <= k < end, of row 4 (thread / 16) + i of the left factor
// and column 4 (thread % 16) + j of the right one.
//
// left.bring(i, k) gives the thread's number i of the strip at k, 0 where there is none; so does
// right. left.prepare(k) runs before anybody asks for the strip at k, with a barrier in between.
template <class Left, class Right>
__device__ void multiply(Left& left, Right& right, int begin, int end, float (&sums)[4][4]) {
    __shared__ __align__(16) float rows[STRIP][TILE + 4];
    __shared__ __align__(16) float columns[STRIP][TILE + 4];
    const int row = threadIdx.x / 16 * 4, column = threadIdx.x % 16 * 4;
    float of_left[4], of_right[4];
    left.prepare(begin);
    __syncthreads();
    for (int i = 0; i < 4; ++i) of_left[i] = left.bring(i, begin);
    for (int i = 0; i < 4; ++i) of_right[i] = right.bring(i, begin);
    for (int k = begin; k < end; k += STRIP) {
        __syncthreads();
        Left::Places::put(rows, of_left);
        Right::Places::put(columns, of_right);
        left.prepare(k + STRIP);
        __syncthreads();
        // The next strips are on their way while these are multiplied.
        if (k + STRIP < end) {
            for (int i = 0; i < 4; ++i) of_left[i] = left.bring(i, k + STRIP);
            for (int i = 0; i < 4; ++i) of_right[i] = right.bring(i, k + STRIP);
        }
#pragma unroll
        for (int d = 0; d < STRIP; ++d) {
            const float4 a = *(const float4*)&rows[d][row];
            const float4 b = *(const float4*)&columns[d][column];
            const float as[4] = {a.x, a.y, a.z, a.w}, bs[4] = {b.x, b.y, b.z, b.w};
            for (int i = 0; i < 4; ++i)
                for (int j = 0; j < 4; ++j) sums[i][j] += as[i] * bs[j];
        }
    }
}

// What a ReLU makes of v: none (0), one with this slope below 0 (1), or min(max(v, 0), slope) (2).
__device__ inline float rectified(float v, int relu, float slope) {
    if (relu == 1) return rectified(v, slope);
    return relu == 2 ? clamped(v, 0.f, slope) : v;
}

#if REAL
__device__ inline void put(float* to, float v) { *to = v; }
#endif
__device__ inline void put(real* to, float v) { *to = number(v); }
