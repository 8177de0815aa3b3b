// y[o, part, i] = the sum, or the mean, of x[o, place, i] over the places of a part, which are
// starts[part] .. starts[part + 1] - 1; both lie as (outer, parts or places, inner).
#include "divide.cuh"
#include "numbers.cuh"

__device__ __forceinline__ float factor_of(int start, int end, int is_mean) {
    return is_mean && end > start ? 1.f / (end - start) : 1.f;
}

KERNEL(forward)
(const real* xs, real* ys, int count, const int* starts, int places, int is_mean, int inner,
 unsigned inner_factor, int inner_shift, int parts, unsigned parts_factor, int parts_shift) {
    EACH(i, count) {
        const unsigned row = quotient(i, inner_factor, inner_shift);
        const unsigned o = quotient(row, parts_factor, parts_shift), part = row - o * parts;
        const int start = starts[part], end = starts[part + 1];
        const real* x = xs + o * places * inner + (i - row * inner);
        float sum = 0;
        for (int place = start; place < end; ++place) sum += value(x[(unsigned)place * inner]);
        ys[i] = number(sum * factor_of(start, end, is_mean));
    }
}

// part_of: the part of each place.
KERNEL(backward)
(const real* dys, real* dxs, int count, const int* starts, const int* part_of, int parts,
 int is_mean, int inner, unsigned inner_factor, int inner_shift, int places,
 unsigned places_factor, int places_shift) {
    EACH(i, count) {
        const unsigned row = quotient(i, inner_factor, inner_shift);
        const unsigned o = quotient(row, places_factor, places_shift);
        const int part = part_of[row - o * places];
        const float dy = value(dys[(o * parts + part) * inner + (i - row * inner)]);
        dxs[i] = number(dy * factor_of(starts[part], starts[part + 1], is_mean));
    }
}
