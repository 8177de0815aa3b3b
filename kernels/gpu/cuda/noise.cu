// y = x + bias + size * a random number: of a normal distribution of deviation 1 if NORMAL, else of
// [-1, 1). It follows from a key and the place of x in plain memory. Arrays lie as (groups, outer,
// parts).
#include "fours.cuh"
#include "lottery.cuh"
#include "plain_place.cuh"

__device__ __forceinline__ float drawn(unsigned long long bits) {
#if NORMAL
    // Box and Muller's: a distance, from (0, 1], and a direction.
    const float chance = (float)((bits >> 32) + 1) * 0x1p-32f;
    const float turn = (float)(bits & 0xffffff) * 0x1p-24f;
    return sqrtf(-2.f * logf(chance)) * cosf(6.28318531f * turn);
#else
    return (float)(bits >> 40) * 0x1p-23f - 1.f;
#endif
}

KERNEL(add_noise)
(const real* xs, real* ys, int count, int aligned, const unsigned long long* key, float bias,
 float size, int outer, int parts, unsigned parts_factor, int parts_shift, unsigned outer_factor,
 int outer_shift) {
    EACH_FOUR(j, count) {
        Four four = load_four(xs, j, count, aligned);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            const PlainPlace place(4 * j + k, outer, parts, parts_factor, parts_shift, outer_factor,
                                   outer_shift);
            const float noise = drawn(lot(*key, place.part * outer + place.number));
            four.of[k] = number(value(four.of[k]) + bias + size * noise);
        }
        store_four(ys, j, count, aligned, four);
    }
}
