// What is made of several arrays, number by number. ARRAYS declares them as x0, x1, ...; y may be
// any of them.
#include "functions.cuh"
#include "numbers.cuh"

#define VALUE(k) value(x##k[i])

// RESULT is an expression in VALUE(0), VALUE(1), ... and the floats that COEFFICIENTS declares.
#ifdef RESULT
KERNEL(combine)(ARRAYS, real* ys, int count, COEFFICIENTS) {
    EACH(i, count) {
        ys[i] = number(RESULT);
    }
}
#endif

// The maximum, and which array it came from: LATER is TAKE(1) TAKE(2) ... Of equal ones the second
// wins, then the first; NaN is more than anything. Without winners nothing is noted.
#ifdef LATER
#define TAKE(k)                                        \
    {                                                  \
        const float v = VALUE(k);                      \
        if (k == 1 ? best <= v : v > best) winner = k; \
        best = best > v || best != best ? best : v;    \
    }
KERNEL(maximum)(ARRAYS, real* ys, int count, unsigned short* winners) {
    EACH(i, count) {
        float best = VALUE(0);
        unsigned short winner = 0;
        LATER
        ys[i] = number(best);
        if (winners) winners[i] = winner;
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
