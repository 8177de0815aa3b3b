// y = scale * x or, for numbers whose lot is below the threshold, 0. Arrays lie as (groups, outer,
// parts, inner); a number's lot is that of its place in an array of parts that follow each other.
#include "divide.cuh"
#include "fours.cuh"
#include "lottery.cuh"
#include "plain_place.cuh"

// With by_part, all numbers of a part have one lot. If `used` is not null, the key is noted there.
KERNEL(drop)
(const real* xs, real* ys, int count, int aligned, const unsigned long long* key,
 unsigned long long* used, unsigned long long threshold, float scale, int by_part, int outer,
 int parts, unsigned inner_factor, int inner_shift, unsigned parts_factor, int parts_shift,
 unsigned outer_factor, int outer_shift) {
    const unsigned long long now = *key;
    EACH_FOUR(j, count) {
        Four four = load_four(xs, j, count, aligned);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            const unsigned row = quotient(4 * j + k, inner_factor, inner_shift);
            const PlainPlace place(row, outer, parts, parts_factor, parts_shift, outer_factor,
                                   outer_shift);
            const unsigned drawn = by_part ? place.part : place.part * outer + place.number;
            const bool loses = lot(now, drawn) >> 32 < threshold;
            four.of[k] = number(loses ? 0.f : scale * value(four.of[k]));
        }
        store_four(ys, j, count, aligned, four);
        if (j == 0 && used) *used = now;
    }
}
