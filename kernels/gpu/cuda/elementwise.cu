// y = f(x) and dx = dy f'(x), each number for itself. FUNCTION is an expression in x and the
// layer's numbers a, b, c, GRADIENT, which gives dx, one in dy, x, y (what f made of x) and these;
// y may be x, and dx may be dy.
#include "fours.cuh"
#include "functions.cuh"

KERNEL(forward)(const real* xs, real* ys, int count, int aligned, float a, float b, float c) {
    EACH_FOUR(j, count) {
        Four four = load_four(xs, j, count, aligned);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            const float x = value(four.of[k]);
            four.of[k] = number(FUNCTION);
        }
        store_four(ys, j, count, aligned, four);
    }
}

#ifdef GRADIENT
KERNEL(backward)
(const real* xs, const real* ys, const real* dys, real* dxs, int count, int aligned, float a,
 float b, float c) {
    EACH_FOUR(j, count) {
        const Four x_four = load_four(xs, j, count, aligned);
        const Four y_four = load_four(ys, j, count, aligned);
        Four four = load_four(dys, j, count, aligned);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            const float x = value(x_four.of[k]), y = value(y_four.of[k]), dy = value(four.of[k]);
            four.of[k] = number(GRADIENT);
        }
        store_four(dxs, j, count, aligned, four);
    }
}
#endif
