// In place of CUDA's header of that name: __nv_bfloat16, and conversions.
#pragma once

using __nv_bfloat16 = ::emulated::BFloat16;
using __nv_bfloat162 = ::emulated::BFloat162;

inline float __bfloat162float(__nv_bfloat16 x) { return ::emulated::float_of(x); }
inline __nv_bfloat16 __float2bfloat16_rn(float x) { return ::emulated::bfloat16_of(x); }
inline __nv_bfloat16 __float2bfloat16(float x) { return ::emulated::bfloat16_of(x); }
inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 x) { return x.bits; }
inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short bits) { return {bits}; }
inline float2 __bfloat1622float2(__nv_bfloat162 x) {
    return {__bfloat162float(x.x), __bfloat162float(x.y)};
}
inline __nv_bfloat162 __floats2bfloat162_rn(float x, float y) {
    return {__float2bfloat16_rn(x), __float2bfloat16_rn(y)};
}
