// y = f(x) and dx = dy f'(x), each number for itself. FUNCTION is an expression in x and the
// layer's numbers a, b, c, GRADIENT, which gives dx, one in dy, x, y (what f made of x) and these;
// y may be x, and dx may be dy.
#include "functions.cuh"
#include "numbers.cuh"

KERNEL(forward)
(const real* xs, real* ys, int count, float a, float b, float c) {
    EACH(i, count) {
        const float x = value(xs[i]);
        ys[i] = number(FUNCTION);
    }
}

#ifdef GRADIENT
KERNEL(backward)
(const real* xs, const real* ys, const real* dys, real* dxs, int count, float a, float b,
 float c) {
    EACH(i, count) {
        const float x = value(xs[i]), y = value(ys[i]), dy = value(dys[i]);
        dxs[i] = number(GRADIENT);
    }
}
#endif
