// y = the largest x under each window; see windows.cuh and max_pooling.py. `taps` remembers which
// one it was, by its number in the window, in the order of y: backward asks each window of which a
// place is part whether it was that place.
// Other macros: TAP, an integer that holds such a number; MASK_LAST, as Y_LAST.
#include "windows.cuh"

typedef PackOf<TAP> Taps;

// The place in its plane of x of what has this number in the window at a spot.
__device__ __forceinline__ int place_of(int tap, Spot at, Sizes x) {
    const int d = tap / (WINDOW_W * WINDOW_H) + at.d * STRIDE_D - PAD_D;
    const int h = tap / WINDOW_W % WINDOW_H + at.h * STRIDE_H - PAD_H;
    const int w = tap % WINDOW_W + at.w * STRIDE_W - PAD_W;
    return (d * x.h + h) * x.w + w;
}

// mask: the place in its plane, or null; taps may be null, too.
KERNEL(forward)
(const real* x, real* y, TAP* taps, float* mask, int count, int channels, int d, int h, int w,
 int out_d, int out_h, int out_w) {
    const Sizes in = {channels, d, h, w}, out = {channels, out_d, out_h, out_w};
    EACH(i, count) {
        const Spot at = spot_of<Y_LAST>(i, out);
        const Box box = under(at.d, at.h, at.w, in);
        const Plane plane = plane_of<X_LAST>(at, in);
        float best[PACK];
        int best_tap[PACK];
        EACH_LANE(lane) {
            best[lane] = -INFINITY;
            best_tap[lane] = tap_of(box.d.first, box.h.first, box.w.first, at.d, at.h, at.w);
        }
        EACH_PLACE(xd, xh, xw, box) {
            const Pack values = ((const Pack*)x)[plane.at(xd, xh, xw)];
            const int tap = tap_of(xd, xh, xw, at.d, at.h, at.w);
            EACH_LANE(lane) {
                const float v = value(values.v[lane]);
                // NaN, once found, stays.
                const bool is_newer = !(v <= best[lane]) && best[lane] == best[lane];
                best[lane] = is_newer ? v : best[lane];
                best_tap[lane] = is_newer ? tap : best_tap[lane];
            }
        }
        put(y, i, best);
        if (taps) {
            Taps best_taps;
            EACH_LANE(lane) best_taps.v[lane] = best_tap[lane];
            ((Taps*)taps)[i] = best_taps;
        }
        if (mask) EACH_LANE(lane) {
            const unsigned place = plane_of<MASK_LAST>(at, out).at(at.d, at.h, at.w);
            mask[place * PACK + lane] = (float)place_of(best_tap[lane], at, in);
        }
    }
}

// dx = the sum of dy over the windows that took x, added to what is there or not.
KERNEL(backward)
(const real* dy, const TAP* taps, real* dx, int adds, int count, int channels, int d, int h, int w,
 int out_d, int out_h, int out_w) {
    const Sizes in = {channels, d, h, w}, out = {channels, out_d, out_h, out_w};
    EACH(i, count) {
        const Spot at = spot_of<X_LAST>(i, in);
        const Box windows = above(at, out);
        const Plane plane = plane_of<Y_LAST>(at, out);
        float sum[PACK] = {};
        EACH_PLACE(yd, yh, yw, windows) {
            const unsigned place = plane.at(yd, yh, yw);
            const Pack gradients = ((const Pack*)dy)[place];
            const Taps best_taps = ((const Taps*)taps)[place];
            const int tap = tap_of(at.d, at.h, at.w, yd, yh, yw);
            EACH_LANE(lane) {
                if (best_taps.v[lane] == tap) sum[lane] += value(gradients.v[lane]);
            }
        }
        put(dx, i, sum, adds);
    }
}
