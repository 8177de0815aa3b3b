// Where the windows of regions lie: regions (R, 5), item, x1, y1, x2 and y2 in pixels of the image,
// become what regions.cuh says. A thread does one window along one axis.
// Arithmetic is not contracted: what is rounded afterwards must be what the host has.
#include "numbers.cuh"

// First and end of window i of `windows` from x1 to x2, fractions allowed.
__device__ __forceinline__ void edges(float x1, float x2, int i, int windows, float scale,
                                      float* first, float* end) {
#if ROUNDS_FIRST  // as PSROIPooling, which rounds corners before it scales them
    const float start = __fmul_rn(roundf(x1), scale);
    const float size = __fsub_rn(__fmul_rn(__fadd_rn(roundf(x2), 1.f), scale), start);
    const float section = __fdiv_rn(size > 0.1f ? size : 0.1f, (float)windows);
    *first = __fadd_rn(__fmul_rn((float)i, section), start);
    *end = __fadd_rn(__fmul_rn((float)(i + 1), section), start);
#else
    const float start = roundf(__fmul_rn(x1, scale));
    const float size = __fadd_rn(__fsub_rn(roundf(__fmul_rn(x2, scale)), start), 1.f);
    const float section = __fdiv_rn(size > 1.f ? size : 1.f, (float)windows);
    *first = __fadd_rn(start, floorf(__fmul_rn((float)i, section)));
    *end = __fadd_rn(start, ceilf(__fmul_rn((float)(i + 1), section)));
#endif
}

__device__ __forceinline__ int clipped(float x, int size) {
    return (int)fminf(fmaxf(x, 0.f), (float)size);
}

// fault: set where a region has no item, or something that is no number.
KERNEL(windows)
(const float* regions, int* items, int2* rows, int2* columns, int* fault, int count, int down,
 int across, float scale, int number, int height, int width) {
    EACH(i, count) {
        const unsigned r = i / (down + across);
        const int axis_window = i % (down + across);
        const float* region = regions + 5 * r;
        const float item = truncf(region[0]);
        bool is_right = item >= 0 && item < number;
        for (int k = 0; k < 5; ++k) is_right = is_right && fabsf(region[k]) < INFINITY;
        if (axis_window == 0) {
            items[r] = is_right ? (int)item : -1;
            if (!is_right) atomicMax(fault, (int)r + 1);
        }
        const bool is_row = axis_window < down;
        const int window = is_row ? axis_window : axis_window - down;
        const int windows = is_row ? down : across, size = is_row ? height : width;
        float first, end;
        edges(region[is_row ? 2 : 1], region[is_row ? 4 : 3], window, windows, scale, &first, &end);
        const int2 edge = {clipped(floorf(first), size), clipped(ceilf(end), size)};
        (is_row ? rows : columns)[r * windows + window] = edge;
    }
}
