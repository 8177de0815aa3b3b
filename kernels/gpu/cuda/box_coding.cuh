// Boxes as what a net regresses; see layers/families/box_coding.py.
// CODE_TYPE: as in PriorBoxParameter. VARIANCE_IN_TARGET: whether codes are not divided by the
// variances.
#pragma once
#include "boxes.cuh"

#define CORNER 1
#define CENTER_SIZE 2
#define CORNER_SIZE 3

// Both axes are coded alike: x is where a prior, its variances, a box or a code is low, y where it
// is high.
__device__ __forceinline__ float2 encode_axis(float2 prior, float2 variances, float2 box) {
    const float size = prior.y - prior.x;
    float2 code = make_float2(box.x - prior.x, box.y - prior.y);
    if (CODE_TYPE == CORNER_SIZE) {
        code.x /= size;
        code.y /= size;
    } else if (CODE_TYPE == CENTER_SIZE) {
        code.x = ((box.x + box.y) * 0.5f - (prior.x + prior.y) * 0.5f) / size;
        code.y = logf((box.y - box.x) / size);
    }
    if (VARIANCE_IN_TARGET) return code;
    return make_float2(code.x / variances.x, code.y / variances.y);
}

__device__ __forceinline__ float2 decode_axis(float2 prior, float2 variances, float2 code) {
    const float size = prior.y - prior.x;
    if (!VARIANCE_IN_TARGET) {
        code.x = __fmul_rn(code.x, variances.x);
        code.y = __fmul_rn(code.y, variances.y);
    }
    if (CODE_TYPE == CENTER_SIZE) {
        const float centre = (prior.x + prior.y) * 0.5f + __fmul_rn(code.x, size);
        const float half = __fmul_rn(expf(code.y), size) * 0.5f;
        return make_float2(centre - half, centre + half);
    }
    const float unit = CODE_TYPE == CORNER_SIZE ? size : 1.f;
    return make_float2(prior.x + __fmul_rn(code.x, unit), prior.y + __fmul_rn(code.y, unit));
}

// The code of a box.
__device__ __forceinline__ float4 encode(float4 prior, float4 variances, float4 box) {
    const float2 x = encode_axis(make_float2(prior.x, prior.z),
                                 make_float2(variances.x, variances.z), make_float2(box.x, box.z));
    const float2 y = encode_axis(make_float2(prior.y, prior.w),
                                 make_float2(variances.y, variances.w), make_float2(box.y, box.w));
    return make_float4(x.x, y.x, x.y, y.y);
}

// The box that has this code.
__device__ __forceinline__ float4 decode(float4 prior, float4 variances, float4 code) {
    const float2 x =
        decode_axis(make_float2(prior.x, prior.z), make_float2(variances.x, variances.z),
                    make_float2(code.x, code.z));
    const float2 y =
        decode_axis(make_float2(prior.y, prior.w), make_float2(variances.y, variances.w),
                    make_float2(code.y, code.w));
    return make_float4(x.x, y.x, x.y, y.y);
}
