// The class with the largest number, at a place that LANES threads share; see places.cuh.
#pragma once
#include "entries.cuh"
#include "numbers.cuh"
#include "places.cuh"
#include "select.cuh"

// Of equals the first one or, with `last`, the last; NaN is larger than all. Each lane is told.
__device__ __forceinline__ int best_class(const real* xs, unsigned place, int classes, int inner,
                                          bool last = false) {
    const unsigned turned = last ? ~0u : 0;
    Entry best = 0;
    EACH_OF_PLACE(c, i, place, classes, inner) {
        const float x = value(xs[i]);
        best = Largest::of(best, entry_of(x == x ? key_of(x) : ~0u, c ^ turned));
    }
    return number_of(over_lanes<Largest>(best)) ^ turned;
}
