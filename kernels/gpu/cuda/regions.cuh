// Regions that are cut out of maps x (N, C, H, W) and pooled to a grid of windows (down, across).
// items[r] is the item that region r is of, -1 if it is of none; window (i, j) of it has the rows
// rows[r, i] and the columns columns[r, j], from the first to the end, which come one after the
// other as i or j does. Where either is empty the result is 0 and has no gradient.
// X_LAST, Y_LAST: whether channels run fastest through the memory of x and dx, of y and dy.
#pragma once
#include "numbers.cuh"

struct Spot {
    int n, c, h, w;
};

// Whose number i in memory is.
template <int LAST>
__device__ __forceinline__ Spot spot_of(unsigned i, int channels, int height, int width) {
    Spot at;
    if (LAST) at.c = i % channels, i /= channels;
    at.w = i % width, i /= width;
    at.h = i % height, i /= height;
    if (!LAST) at.c = i % channels, i /= channels;
    at.n = i;
    return at;
}

// Where in memory a number is.
template <int LAST>
__device__ __forceinline__ unsigned place_of(Spot at, int channels, int height, int width) {
    if (LAST) return (((unsigned)at.n * height + at.h) * width + at.w) * channels + at.c;
    return (((unsigned)at.n * channels + at.c) * height + at.h) * width + at.w;
}
