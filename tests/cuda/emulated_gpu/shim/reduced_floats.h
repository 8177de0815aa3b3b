// __half and __nv_bfloat16, and how they are rounded: to the nearest, ties to even, NaN to 0x7fff,
// as on a GPU. Kernels get at them by including cuda_fp16.h and cuda_bf16.h.
#pragma once
#include <stdint.h>
#include <string.h>

namespace emulated {

struct Half {
    uint16_t bits;
};
struct BFloat16 {
    uint16_t bits;
};
struct alignas(4) Half2 {
    Half x, y;
};
struct alignas(4) BFloat162 {
    BFloat16 x, y;
};

template <class T>
constexpr bool is_reduced = false;
template <>
constexpr bool is_reduced<Half> = true;
template <>
constexpr bool is_reduced<BFloat16> = true;

inline uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

inline float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

// Without the lowest `count` bits, 1 … 31.
inline uint32_t round_shift(uint32_t bits, int count) {
    uint32_t kept = bits >> count, rest = bits & ((1u << count) - 1), half = 1u << (count - 1);
    return kept + (rest > half || (rest == half && (kept & 1)));
}

inline Half half_of(float value) {
    uint32_t bits = bits_of(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    uint32_t result;
    if (magnitude > 0x7f800000) return {0x7fff};
    if (magnitude >= 0x47800000)  // 2^16 and more
        result = 0x7c00;
    else if (magnitude >=
             0x38800000)  // 2^-14, the smallest normal one; rounding may carry, up to infinity
        result = round_shift(magnitude - (112u << 23), 13);
    else if (magnitude < 0x33000000)  // 2^-25
        result = 0;
    else
        result = round_shift((magnitude & 0x7fffff) | 0x800000, 126 - (magnitude >> 23));
    return {(uint16_t)(sign | result)};
}

inline float float_of(Half half) {
    uint32_t sign = (half.bits & 0x8000u) << 16, exponent = half.bits >> 10 & 31,
             fraction = half.bits & 0x3ff;
    if (exponent == 31) return float_of(sign | 0x7f800000 | fraction << 13);
    if (exponent != 0) return float_of(sign | (exponent + 112) << 23 | fraction << 13);
    float magnitude = fraction * 0x1p-24f;
    return sign ? -magnitude : magnitude;
}

inline BFloat16 bfloat16_of(float value) {
    uint32_t bits = bits_of(value);
    if ((bits & 0x7fffffff) > 0x7f800000) return {0x7fff};
    return {(uint16_t)round_shift(bits, 16)};
}

inline float float_of(BFloat16 value) { return float_of((uint32_t)value.bits << 16); }

}  // namespace emulated
