// How far the code of a place is from that of the box that it should find, and what that costs.
// FREE_OUTSIDE: whether corners of what was matched that lie outside the image cost nothing.
// SMOOTH_L1: 1 for d^2 / 2 where |d| < 1, else |d| - 1/2; 0 for d^2 / 2.
#pragma once
#include "anchors.cuh"
#include "functions.cuh"

// For one corner.
__device__ __forceinline__ float difference(float code, float right, float corner, float variance) {
    if (FREE_OUTSIDE && is_outside(corner)) return 0;
    return VARIANCE_IN_TARGET ? (code - right) / variance : code - right;
}

// code: one of the place's, and of the predictions if there are any. box: what it should find.
__device__ __forceinline__ float4 differences(const Anchors& anchors, unsigned place, float4 code,
                                              float4 box) {
    const unsigned p = place % anchors.count;
    const float4 anchor = anchors.box(place, p), variances = anchors.variances(p);
    const float4 right = encode(anchor, variances, box);
    const float4 matched = anchors.predictions ? decode(anchor, variances, code) : anchor;
    return make_float4(difference(code.x, right.x, matched.x, variances.x),
                       difference(code.y, right.y, matched.y, variances.y),
                       difference(code.z, right.z, matched.z, variances.z),
                       difference(code.w, right.w, matched.w, variances.w));
}

__device__ __forceinline__ float location_slope(float d) {
    return SMOOTH_L1 ? clamped(d, -1.f, 1.f) : d;
}

__device__ __forceinline__ float location_term(float d) {
    const float slope = location_slope(d);
    return slope * (d - slope * 0.5f);
}

__device__ __forceinline__ float location_loss(float4 d) {
    return location_term(d.x) + location_term(d.y) + location_term(d.z) + location_term(d.w);
}
