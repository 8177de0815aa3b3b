// In place of CUDA's header of that name: __half, and conversions.
#pragma once

using __half = ::emulated::Half;
using __half2 = ::emulated::Half2;
using half = __half;
using half2 = __half2;

inline float __half2float(__half x) { return ::emulated::float_of(x); }
inline __half __float2half_rn(float x) { return ::emulated::half_of(x); }
inline __half __float2half(float x) { return ::emulated::half_of(x); }
inline unsigned short __half_as_ushort(__half x) { return x.bits; }
inline __half __ushort_as_half(unsigned short bits) { return {bits}; }
inline float2 __half22float2(__half2 x) { return {__half2float(x.x), __half2float(x.y)}; }
inline __half2 __floats2half2_rn(float x, float y) {
    return {__float2half_rn(x), __float2half_rn(y)};
}
