// A value of each window, drawn with a probability proportional to it, or what is to be expected of
// that; negative values count as 0. See windows.cuh, and stochastic_pooling.py.
#include "lottery.cuh"
#include "windows.cuh"

// NaN stays NaN.
__device__ __forceinline__ float positive(real x) {
    const float v = value(x);
    return v <= 0.f ? 0.f : v;
}

#ifdef TAP
// A random number in (0, 1] for one of a pack of channels of y, the same in both layouts: a place
// that is 0 is never drawn where one is not.
__device__ __forceinline__ float chance(unsigned long long key, Spot at, int lane, Sizes y) {
    at.c = at.c * PACK + lane;
    y.c *= PACK;
    return (float)((lot(key, plane_of<0>(at, y).at(at.d, at.h, at.w)) >> 40) + 1) * 0x1p-24f;
}

// taps: which one was drawn, by its number in the window, as max_pooling.cu has them.
KERNEL(draw)
(const real* x, real* y, TAP* taps, const unsigned long long* key, int count, int channels, int d,
 int h, int w, int out_d, int out_h, int out_w) {
    const Sizes in = {channels, d, h, w}, out = {channels, out_d, out_h, out_w};
    EACH(i, count) {
        const Spot at = spot_of<Y_LAST>(i, out);
        const Box box = under(at.d, at.h, at.w, in);
        const Plane plane = plane_of<X_LAST>(at, in);
        float total[PACK] = {}, threshold[PACK], running[PACK] = {};
        EACH_PLACE(xd, xh, xw, box) {
            const Pack values = ((const Pack*)x)[plane.at(xd, xh, xw)];
            EACH_LANE(lane) total[lane] += positive(values.v[lane]);
        }
        Pack result = ((const Pack*)x)[plane.at(box.d.first, box.h.first, box.w.first)];
        int taken[PACK];
        bool is_found[PACK] = {};
        EACH_LANE(lane) {
            threshold[lane] = chance(*key, at, lane, out) * total[lane];
            taken[lane] = tap_of(box.d.first, box.h.first, box.w.first, at.d, at.h, at.w);
        }
        // The same sums again, in the same order, so that the last one reaches the threshold.
        EACH_PLACE(xd, xh, xw, box) {
            const Pack values = ((const Pack*)x)[plane.at(xd, xh, xw)];
            EACH_LANE(lane) {
                running[lane] += positive(values.v[lane]);
                if (is_found[lane] || running[lane] < threshold[lane]) continue;
                is_found[lane] = true;
                taken[lane] = tap_of(xd, xh, xw, at.d, at.h, at.w);
                result.v[lane] = values.v[lane];
            }
        }
        ((Pack*)y)[i] = result;
        EACH_LANE(lane) taps[i * PACK + lane] = taken[lane];
    }
}
#endif

// y = sum of x^2 / sum of x; totals = sum of x, or 1 where that is 0, in the order of y.
KERNEL(expect)
(const real* x, real* y, float* totals, int count, int channels, int d, int h, int w, int out_d,
 int out_h, int out_w) {
    const Sizes in = {channels, d, h, w}, out = {channels, out_d, out_h, out_w};
    EACH(i, count) {
        const Spot at = spot_of<Y_LAST>(i, out);
        const Box box = under(at.d, at.h, at.w, in);
        const Plane plane = plane_of<X_LAST>(at, in);
        float total[PACK] = {}, squares[PACK] = {};
        EACH_PLACE(xd, xh, xw, box) {
            const Pack values = ((const Pack*)x)[plane.at(xd, xh, xw)];
            EACH_LANE(lane) {
                const float v = positive(values.v[lane]);
                total[lane] += v;
                squares[lane] += v * v;
            }
        }
        EACH_LANE(lane) {
            const float divisor = total[lane] == 0.f ? 1.f : total[lane];
            squares[lane] /= divisor;
            totals[i * PACK + lane] = divisor;
        }
        put(y, i, squares);
    }
}

// dx = the sum of dy (2 x - y) / total over the windows, where x is positive.
KERNEL(expect_backward)
(const real* x, const real* y, const real* dy, real* dx, const float* totals, int count,
 int channels, int d, int h, int w, int out_d, int out_h, int out_w) {
    const Sizes in = {channels, d, h, w}, out = {channels, out_d, out_h, out_w};
    EACH(i, count) {
        const Spot at = spot_of<X_LAST>(i, in);
        const Box windows = above(at, out);
        const Plane plane = plane_of<Y_LAST>(at, out);
        const Pack values = ((const Pack*)x)[i];
        float sum[PACK] = {};
        EACH_PLACE(yd, yh, yw, windows) {
            const unsigned place = plane.at(yd, yh, yw);
            const Pack expected = ((const Pack*)y)[place], gradients = ((const Pack*)dy)[place];
            EACH_LANE(lane) {
                const float part = 2 * value(values.v[lane]) - value(expected.v[lane]);
                sum[lane] += value(gradients.v[lane]) * part / totals[place * PACK + lane];
            }
        }
        EACH_LANE(lane) {
            if (!(value(values.v[lane]) > 0)) sum[lane] = 0;
        }
        put(dx, i, sum);
    }
}
