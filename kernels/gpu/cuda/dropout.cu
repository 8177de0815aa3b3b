// y = scale * x or, for numbers whose lot is below the threshold, 0. Arrays lie as (groups, outer,
// parts, inner); a number's lot is that of its place in an array of parts that follow each other.
#include "divide.cuh"
#include "lottery.cuh"
#include "numbers.cuh"

// With by_part, all numbers of a part have one lot. If `used` is not null, the key is noted there.
KERNEL(drop)
(const real* xs, real* ys, const unsigned long long* key, unsigned long long* used,
 unsigned long long threshold, float scale, int count, int by_part, int outer, int parts,
 unsigned inner_factor, int inner_shift, unsigned parts_factor, int parts_shift,
 unsigned outer_factor, int outer_shift) {
    const unsigned long long k = *key;
    EACH(i, count) {
        const unsigned row = quotient(i, inner_factor, inner_shift);
        const unsigned place = quotient(row, parts_factor, parts_shift);
        const unsigned g = quotient(place, outer_factor, outer_shift);
        const unsigned part = row - (place - g) * parts;
        const unsigned number_of_lot = by_part ? part : part * outer + (place - g * outer);
        const bool loses = lot(k, number_of_lot) >> 32 < threshold;
        ys[i] = number(loses ? 0.f : scale * value(xs[i]));
        if (i == 0 && used) *used = k;
    }
}
