// Windows that slide over planes: blobs (N, C, D, H, W), where fewer axes are axes of size 1.
// windows.py defines WINDOW_D, STRIDE_D, PAD_D and so on, and
//   X_LAST, Y_LAST   whether channels run fastest through the memory of x and dx, of y and dy
//   PACK             how many channels, next to each other in memory, a thread takes at once
// All sizes here count channels in packs, and all places in memory too.
#pragma once
#include "numbers.cuh"

template <class T> struct alignas(PACK * sizeof(T)) PackOf {
    T v[PACK];
};
typedef PackOf<real> Pack;

struct Sizes {
    int c, d, h, w;
};
struct Spot {
    unsigned n;
    int c, d, h, w;
};
struct Range {
    int first, end;
};
struct Box {
    Range d, h, w;
};
// The places of one channel of one item: where in memory they begin, and how far apart they are.
struct Plane {
    unsigned start, step;
    Sizes size;
    __device__ __forceinline__ unsigned at(int d, int h, int w) const {
        return start + step * (unsigned)((d * size.h + h) * size.w + w);
    }
};

// Whose number i in memory is.
template <int LAST> __device__ __forceinline__ Spot spot_of(unsigned i, Sizes size) {
    Spot at;
    if (LAST) at.c = i % size.c, i /= size.c;
    at.w = i % size.w, i /= size.w;
    at.h = i % size.h, i /= size.h;
    at.d = i % size.d, i /= size.d;
    if (!LAST) at.c = i % size.c, i /= size.c;
    at.n = i;
    return at;
}

template <int LAST> __device__ __forceinline__ Plane plane_of(Spot at, Sizes size) {
    const unsigned places = size.d * size.h * size.w;
    if (LAST) return {at.n * places * size.c + at.c, (unsigned)size.c, size};
    return {(at.n * size.c + at.c) * places, 1, size};
}

__device__ __forceinline__ Range covered(int o, int size, int window, int stride, int pad) {
    const int start = o * stride - pad;
    return {max(start, 0), min(start + window, size)};
}

__device__ __forceinline__ Range covering(int i, int out, int window, int stride, int pad) {
    const int last = (i + pad) / stride;
    return {i + pad < window ? 0 : (i + pad - window) / stride + 1, min(last + 1, out)};
}

// What of x lies under the window of y at a spot.
__device__ __forceinline__ Box under(int d, int h, int w, Sizes x) {
    return {covered(d, x.d, WINDOW_D, STRIDE_D, PAD_D), covered(h, x.h, WINDOW_H, STRIDE_H, PAD_H),
            covered(w, x.w, WINDOW_W, STRIDE_W, PAD_W)};
}

// The windows of y that a spot of x lies under.
__device__ __forceinline__ Box above(Spot at, Sizes y) {
    return {covering(at.d, y.d, WINDOW_D, STRIDE_D, PAD_D),
            covering(at.h, y.h, WINDOW_H, STRIDE_H, PAD_H),
            covering(at.w, y.w, WINDOW_W, STRIDE_W, PAD_W)};
}

// The number of a place in the window at (out_d, out_h, out_w), counted row by row.
__device__ __forceinline__ int tap_of(int d, int h, int w, int out_d, int out_h, int out_w) {
    d -= out_d * STRIDE_D - PAD_D;
    h -= out_h * STRIDE_H - PAD_H;
    w -= out_w * STRIDE_W - PAD_W;
    return (d * WINDOW_H + h) * WINDOW_W + w;
}

#define EACH_PLACE(i, j, k, box)                            \
    for (int i = (box).d.first; i < (box).d.end; ++i)       \
        for (int j = (box).h.first; j < (box).h.end; ++j)   \
            for (int k = (box).w.first; k < (box).w.end; ++k)

#define EACH_LANE(lane) _Pragma("unroll") for (int lane = 0; lane < PACK; ++lane)

// Write pack i, or add to it.
__device__ __forceinline__ void put(real* numbers, unsigned i, const float* values, int adds = 0) {
    Pack pack;
    if (adds) pack = ((const Pack*)numbers)[i];
    EACH_LANE(lane) {
        pack.v[lane] = number(adds ? value(pack.v[lane]) + values[lane] : values[lane]);
    }
    ((Pack*)numbers)[i] = pack;
}
