// y[n, (c, tap), o] = x[n, c, o * stride - pad + tap * dilation], 0 outside x; and its gradient.
// AXES spatial axes, the last first in geometry: the sizes of x, y and the kernel, then stride, pad
// and dilation, of each. places and taps are the numbers of these in y and the kernel.
#include "numbers.cuh"

struct Axis {
    int size, out, kernel, stride, pad, dilation;
};

KERNEL(im2col)
(const real* xs, real* ys, const int* geometry, int places, int taps, int count) {
    const Axis* axes = (const Axis*)geometry;
    EACH(i, count) {
        unsigned place = i % places, column = i / places, from = 0, step = 1;
        unsigned tap = column % taps;
        const unsigned plane = column / taps;
        bool is_inside = true;
        for (int a = 0; a < AXES; ++a) {
            const Axis axis = axes[a];
            const int o = place % axis.out, t = tap % axis.kernel;
            const int p = o * axis.stride - axis.pad + t * axis.dilation;
            place /= axis.out, tap /= axis.kernel;
            is_inside = is_inside && p >= 0 && p < axis.size;
            from += p * step, step *= axis.size;
        }
        ys[i] = is_inside ? xs[plane * step + from] : number(0.f);
    }
}

// dx, of `count` numbers: the sum of what every tap that saw them has in dy, tap by tap.
KERNEL(col2im)
(const real* dys, real* dxs, const int* geometry, int places, int taps, int count) {
    const Axis* axes = (const Axis*)geometry;
    EACH(i, count) {
        int at[AXES];
        unsigned plane = i;
        for (int a = 0; a < AXES; ++a) at[a] = plane % axes[a].size, plane /= axes[a].size;
        float sum = 0;
        for (int tap = 0; tap < taps; ++tap) {
            unsigned rest = tap, from = 0, step = 1;
            bool saw = true;
            for (int a = 0; a < AXES && saw; ++a) {
                const Axis axis = axes[a];
                const int t = rest % axis.kernel;
                const int start = at[a] + axis.pad - t * axis.dilation, o = start / axis.stride;
                rest /= axis.kernel;
                saw = start >= 0 && o * axis.stride == start && o < axis.out;
                from += o * step, step *= axis.out;
            }
            if (saw) sum += value(dys[(plane * taps + tap) * places + from]);
        }
        dxs[i] = number(sum);
    }
}
