// Boxes (x, y, w, h) by their centre and size, as float4; see layers/families/center_boxes.py.
#pragma once
#include "boxes.cuh"

// As (left, top, right, bottom).
__device__ __forceinline__ float4 corners(float4 box) {
    const float half_width = box.z * 0.5f, half_height = box.w * 0.5f;
    return make_float4(box.x - half_width, box.y - half_height, box.x + half_width,
                       box.y + half_height);
}

// a / b, and 0 where b is 0.
__device__ __forceinline__ float ratio(float a, float b) { return b == 0 ? 0.f : a / b; }

// The area that two boxes share, and that which either covers.
__device__ __forceinline__ float2 common_areas(float4 a, float4 b) {
    const float4 p = corners(a), q = corners(b);
    const float width = larger(smaller(p.z, q.z) - larger(p.x, q.x), 0.f);
    const float height = larger(smaller(p.w, q.w) - larger(p.y, q.y), 0.f);
    const float both = __fmul_rn(width, height);
    return make_float2(both, __fmul_rn(a.z, a.w) + __fmul_rn(b.z, b.w) - both);
}

// Intersection over union; 0 for two boxes without area.
__device__ __forceinline__ float center_overlap(float4 a, float4 b) {
    const float2 areas = common_areas(a, b);
    return ratio(areas.x, areas.y);
}
