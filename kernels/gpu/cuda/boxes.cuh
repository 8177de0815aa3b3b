// Boxes (xmin, ymin, xmax, ymax) as float4, and how they overlap: to the last bit what
// core/boxes.py gives, as matches and suppression hang on it.
#pragma once
#include "numbers.cuh"

// The box of four numbers.
template <class T> __device__ __forceinline__ float4 box_at(const T* x) {
    return make_float4(value(x[0]), value(x[1]), value(x[2]), value(x[3]));
}

// NaN, in either, stays.
__device__ __forceinline__ float larger(float a, float b) { return a > b || a != a ? a : b; }
__device__ __forceinline__ float smaller(float a, float b) { return a < b || a != a ? a : b; }

__device__ __forceinline__ float area(float4 box) {
    const float width = box.z - box.x, height = box.w - box.y;
    return width < 0 || height < 0 ? 0.f : __fmul_rn(width, height);
}

__device__ __forceinline__ float intersection(float4 a, float4 b) {
    const float width = smaller(a.z, b.z) - larger(a.x, b.x);
    const float height = smaller(a.w, b.w) - larger(a.y, b.y);
    return width < 0 || height < 0 ? 0.f : __fmul_rn(width, height);
}

// The Jaccard overlap: common area / area of both.
__device__ __forceinline__ float overlap(float4 a, float4 b) {
    const float common = intersection(a, b);
    return common > 0 ? common / (area(a) + area(b) - common) : 0.f;
}
