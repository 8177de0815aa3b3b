// y = the sum of x under each window / how many places count; see windows.cuh.
// COUNTS_PADDING: whether places of the padding do, as far as it reaches on both sides of x.
#include "windows.cuh"

__device__ __forceinline__ int length(Range range, int o, int size, int window, int stride,
                                      int pad) {
    if (!COUNTS_PADDING) return range.end - range.first;
    const int start = o * stride - pad;
    return min(window, size + pad - start);
}

__device__ __forceinline__ float counted(Box box, int d, int h, int w, Sizes in) {
    return (float)length(box.d, d, in.d, WINDOW_D, STRIDE_D, PAD_D) *
           (float)length(box.h, h, in.h, WINDOW_H, STRIDE_H, PAD_H) *
           (float)length(box.w, w, in.w, WINDOW_W, STRIDE_W, PAD_W);
}

KERNEL(forward)
(const real* x, real* y, int count, int channels, int d, int h, int w, int out_d, int out_h,
 int out_w) {
    const Sizes in = {channels, d, h, w}, out = {channels, out_d, out_h, out_w};
    EACH(i, count) {
        const Spot at = spot_of<Y_LAST>(i, out);
        const Box box = under(at.d, at.h, at.w, in);
        const Plane plane = plane_of<X_LAST>(at, in);
        float sum[PACK] = {};
        EACH_PLACE(xd, xh, xw, box) {
            const Pack values = ((const Pack*)x)[plane.at(xd, xh, xw)];
            EACH_LANE(lane) sum[lane] += value(values.v[lane]);
        }
        const float divisor = counted(box, at.d, at.h, at.w, in);
        EACH_LANE(lane) sum[lane] /= divisor;
        put(y, i, sum);
    }
}

// dx = the sum of dy / that number over the windows, added to what is there or not.
KERNEL(backward)
(const real* dy, real* dx, int adds, int count, int channels, int d, int h, int w, int out_d,
 int out_h, int out_w) {
    const Sizes in = {channels, d, h, w}, out = {channels, out_d, out_h, out_w};
    EACH(i, count) {
        const Spot at = spot_of<X_LAST>(i, in);
        const Box windows = above(at, out);
        const Plane plane = plane_of<Y_LAST>(at, out);
        float sum[PACK] = {};
        EACH_PLACE(yd, yh, yw, windows) {
            const Pack gradients = ((const Pack*)dy)[plane.at(yd, yh, yw)];
            const float divisor = counted(under(yd, yh, yw, in), yd, yh, yw, in);
            EACH_LANE(lane) sum[lane] += value(gradients.v[lane]) / divisor;
        }
        put(dx, i, sum, adds);
    }
}
