// CUDA's functions of numbers that math.h lacks.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

// min and max, with CUDA's mixtures of types; of a number and NaN they give the number.
#define EMULATED_EXTREMES(result, a, b)                                                   \
    inline result min(a x, b y) { return (result)y < (result)x ? (result)y : (result)x; } \
    inline result max(a x, b y) { return (result)x < (result)y ? (result)y : (result)x; }
EMULATED_EXTREMES(int, int, int)
EMULATED_EXTREMES(unsigned, unsigned, unsigned)
EMULATED_EXTREMES(unsigned, int, unsigned)
EMULATED_EXTREMES(unsigned, unsigned, int)
EMULATED_EXTREMES(long, long, long)
EMULATED_EXTREMES(unsigned long, unsigned long, unsigned long)
EMULATED_EXTREMES(long long, long long, long long)
EMULATED_EXTREMES(unsigned long long, unsigned long long, unsigned long long)
EMULATED_EXTREMES(unsigned long long, long long, unsigned long long)
EMULATED_EXTREMES(unsigned long long, unsigned long long, long long)
inline float min(float x, float y) { return fminf(x, y); }
inline float max(float x, float y) { return fmaxf(x, y); }
inline double min(double x, double y) { return fmin(x, y); }
inline double max(double x, double y) { return fmax(x, y); }
inline double min(float x, double y) { return fmin(x, y); }
inline double max(float x, double y) { return fmax(x, y); }
inline double min(double x, float y) { return fmin(x, y); }
inline double max(double x, float y) { return fmax(x, y); }

inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline double rsqrt(double x) { return 1.0 / sqrt(x); }
inline float __saturatef(float x) { return fminf(fmaxf(x, 0.0f), 1.0f); }  // NaN becomes 0

// Fast ones, no worse here than the others.
inline float __expf(float x) { return expf(x); }
inline float __exp10f(float x) { return powf(10.0f, x); }
inline float __logf(float x) { return logf(x); }
inline float __log2f(float x) { return log2f(x); }
inline float __log10f(float x) { return log10f(x); }
inline float __powf(float x, float y) { return powf(x, y); }
inline float __sinf(float x) { return sinf(x); }
inline float __cosf(float x) { return cosf(x); }
inline float __tanf(float x) { return tanf(x); }
inline float __fdividef(float x, float y) { return x / y; }

// Rounded to the nearest, never contracted.
inline float __fadd_rn(float x, float y) { return x + y; }
inline float __fsub_rn(float x, float y) { return x - y; }
inline float __fmul_rn(float x, float y) { return x * y; }
inline float __fdiv_rn(float x, float y) { return x / y; }
inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }
inline float __frcp_rn(float x) { return 1.0f / x; }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
inline float __frsqrt_rn(float x) { return (float)(1.0 / sqrt((double)x)); }

// Float to integer as CUDA does it: what lies outside becomes the nearest that can be held, NaN 0.
inline int __float2int_rn(float x) {
    if (x != x) return 0;
    return x >= 0x1p31f ? INT32_MAX : x < -0x1p31f ? INT32_MIN : (int)rintf(x);
}
inline int __float2int_rz(float x) { return __float2int_rn(truncf(x)); }
inline int __float2int_rd(float x) { return __float2int_rn(floorf(x)); }
inline int __float2int_ru(float x) { return __float2int_rn(ceilf(x)); }
inline float __int2float_rn(int x) { return (float)x; }
inline float __uint2float_rn(unsigned x) { return (float)x; }

namespace emulated {
template <class To, class From>
To reinterpreted(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}
}  // namespace emulated
inline float __int_as_float(int x) { return emulated::reinterpreted<float>(x); }
inline int __float_as_int(float x) { return emulated::reinterpreted<int>(x); }
inline float __uint_as_float(unsigned x) { return emulated::reinterpreted<float>(x); }
inline unsigned __float_as_uint(float x) { return emulated::reinterpreted<unsigned>(x); }
inline double __longlong_as_double(long long x) { return emulated::reinterpreted<double>(x); }
inline long long __double_as_longlong(double x) { return emulated::reinterpreted<long long>(x); }

inline int __mulhi(int x, int y) { return (int64_t)x * y >> 32; }
inline unsigned __umulhi(unsigned x, unsigned y) { return (uint64_t)x * y >> 32; }
inline long long __mul64hi(long long x, long long y) { return (__int128)x * y >> 64; }
inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y) {
    return (unsigned __int128)x * y >> 64;
}
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline int __clz(int x) { return x ? __builtin_clz(x) : 32; }
inline int __clzll(long long x) { return x ? __builtin_clzll(x) : 64; }
inline unsigned __brev(unsigned x) {
    unsigned reversed = 0;
    for (int i = 0; i < 32; ++i) reversed |= (x >> i & 1) << (31 - i);
    return reversed;
}

template <class T>
T __ldg(const T* address) {
    return *address;
}
