// CUDA's short vectors, aligned as there.
#pragma once

#define EMULATED_VECTOR_2(element, name)       \
    struct alignas(2 * sizeof(element)) name { \
        element x, y;                          \
    };                                         \
    inline name make_##name(element x, element y) { return {x, y}; }
#define EMULATED_VECTOR_4(element, name) \
    struct alignas(16) name {            \
        element x, y, z, w;              \
    };                                   \
    inline name make_##name(element x, element y, element z, element w) { return {x, y, z, w}; }

EMULATED_VECTOR_2(float, float2)
EMULATED_VECTOR_2(double, double2)
EMULATED_VECTOR_2(int, int2)
EMULATED_VECTOR_2(unsigned, uint2)
EMULATED_VECTOR_4(float, float4)
EMULATED_VECTOR_4(int, int4)
EMULATED_VECTOR_4(unsigned, uint4)
