// What is made of several arrays, number by number. ARRAYS declares them as x0, x1, ..., and LOADS
// is LOAD(0) LOAD(1) ...; y may be any of them.
#include "fours.cuh"
#include "functions.cuh"

#define LOAD(n) const Four x##n##_four = load_four(x##n, j, count, aligned);
#define VALUE(n) value(x##n##_four.of[k])

// RESULT is an expression in VALUE(0), VALUE(1), ... and the floats that COEFFICIENTS declares.
#ifdef RESULT
KERNEL(combine)(ARRAYS, real* ys, int count, int aligned, COEFFICIENTS) {
    EACH_FOUR(j, count) {
        LOADS
        Four four;
#pragma unroll
        for (int k = 0; k < 4; ++k) four.of[k] = number(RESULT);
        store_four(ys, j, count, aligned, four);
    }
}
#endif

// The maximum, and which array it came from: LATER is TAKE(1) TAKE(2) ... Of equal ones the second
// wins, then the first; NaN is more than anything. Without winners nothing is noted.
#ifdef LATER
#define TAKE(n)                                        \
    {                                                  \
        const float v = VALUE(n);                      \
        if (n == 1 ? best <= v : v > best) winner = n; \
        best = best > v || best != best ? best : v;    \
    }
KERNEL(maximum)(ARRAYS, real* ys, int count, int aligned, unsigned short* winners) {
    EACH_FOUR(j, count) {
        LOADS
        Four four;
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            float best = VALUE(0);
            unsigned short winner = 0;
            LATER
            four.of[k] = number(best);
            if (winners && 4 * j + k < count) winners[4 * j + k] = winner;
        }
        store_four(ys, j, count, aligned, four);
    }
}
#endif

// The gradient of the k-th array.
KERNEL(maximum_backward)
(const real* dys, const unsigned short* winners, real* dxs, int count, int k) {
    EACH(i, count) {
        dxs[i] = number(winners[i] == k ? value(dys[i]) : 0.f);
    }
}
