// y = f(x) and dx = dy f'(x), each number for itself. FUNCTION and DERIVATIVE are expressions in
// x, y (what f made of x) and the layer's numbers a, b, c; y may be x, and dx may be dy.
#include "numbers.cuh"

KERNEL(forward)
(const real* xs, real* ys, int count, float a, float b, float c) {
    EACH(i, count) {
        const float x = value(xs[i]);
        ys[i] = number(FUNCTION);
    }
}

#ifdef DERIVATIVE
KERNEL(backward)
(const real* xs, const real* ys, const real* dys, real* dxs, int count, float a, float b,
 float c) {
    EACH(i, count) {
        const float x = value(xs[i]), y = value(ys[i]);
        dxs[i] = number(value(dys[i]) * (DERIVATIVE));
    }
}
#endif
