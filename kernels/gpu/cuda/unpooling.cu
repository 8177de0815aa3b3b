// y = 0, but x where mask says, and its gradient. x and mask lie as (outer, plane, inner), y as
// (outer, y_plane, inner); mask holds places in y's planes.
#include "numbers.cuh"

// Where in y number i of x goes, or -1 if that is nowhere.
__device__ __forceinline__ long long target_of(unsigned i, const float* mask, unsigned plane,
                                               unsigned y_plane, unsigned inner) {
    const float place = mask[i];
    if (!(place >= 0 && place < y_plane)) return -1;
    const unsigned outer = i / inner / plane;
    return ((long long)outer * y_plane + (unsigned)place) * inner + i % inner;
}

// last = 1 more than the number of the last of x that goes to each place; it was 0 everywhere.
KERNEL(find_last)
(const float* mask, int count, int plane, int y_plane, int inner, int* last, int* fault) {
    EACH(i, count) {
        const long long target = target_of(i, mask, plane, y_plane, inner);
        if (target < 0)
            atomicMax(fault, (int)i + 1);
        else
            atomicMax(last + target, (int)i + 1);
    }
}

// last is 0 everywhere again.
KERNEL(put)(const real* x, int* last, real* y, int count) {
    EACH(i, count) {
        const int from = last[i];
        last[i] = 0;
        y[i] = from ? x[from - 1] : number(0.f);
    }
}

KERNEL(take)
(const float* mask, int count, int plane, int y_plane, int inner, const real* dy, real* dx) {
    EACH(i, count) {
        const long long target = target_of(i, mask, plane, y_plane, inner);
        dx[i] = target < 0 ? number(0.f) : dy[target];
    }
}
