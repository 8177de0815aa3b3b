// Functions of one number that layers are made of; NaN stays NaN.
#pragma once

__device__ __forceinline__ float clamped(float v, float low, float high) {
    return v < low ? low : v > high ? high : v;
}
// What is below 0 times slope. 0 times -infinity is 0 here.
__device__ __forceinline__ float rectified(float v, float slope) {
    return v < 0 ? (slope == 0 ? 0.f : slope * v) : v;
}
// 1 / (1 + exp(-v)), but this cannot overflow.
__device__ __forceinline__ float sigmoid(float v) { return 0.5f * tanhf(0.5f * v) + 0.5f; }
__device__ __forceinline__ float softplus(float v) {
    return fmaxf(v, 0.f) + log1pf(expf(-fabsf(v)));
}
