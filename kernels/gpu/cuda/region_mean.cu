// y[r, d, i, j] = the mean of x[items[r], (d G + i) G + j] in window (i, j) of region r; see
// regions.cuh. x has a channel for every number of a region's y: outputs * G * G of them.
#include "regions.cuh"

KERNEL(forward)
(const real* x, const int* items, const int2* rows, const int2* columns, real* y, int count,
 int outputs, int height, int width, int group) {
    const int channels = outputs * group * group;
    EACH(i, count) {
        const Spot at = spot_of<0>(i, outputs, group, group);
        const int item = items[at.n], c = i - at.n * channels;
        const int2 row = rows[at.n * group + at.h], column = columns[at.n * group + at.w];
        const bool is_empty = item < 0 || row.x >= row.y || column.x >= column.y;
        float sum = 0;
        for (int h = row.x; h < row.y && !is_empty; ++h) {
            for (int w = column.x; w < column.y; ++w)
                sum += value(x[place_of<X_LAST>({item, c, h, w}, channels, height, width)]);
        }
        if (!is_empty) sum /= (float)((row.y - row.x) * (column.y - column.x));
        y[place_of<Y_LAST>(at, outputs, group, group)] = number(sum);
    }
}

// dx = the sum of dy / size over the windows that x lies in. Every number of x looks at every
// region, in one order.
KERNEL(backward)
(const real* dy, const int* items, const int2* rows, const int2* columns, real* dx, int count,
 int regions, int outputs, int height, int width, int group) {
    const int channels = outputs * group * group;
    EACH(i, count) {
        const Spot at = spot_of<X_LAST>(i, channels, height, width);
        const Spot part = spot_of<0>(at.c, outputs, group, group);
        float sum = 0;
        for (int r = 0; r < regions; ++r) {
            if (items[r] != at.n) continue;
            const int2 row = rows[r * group + part.h], column = columns[r * group + part.w];
            if (at.h < row.x || at.h >= row.y || at.w < column.x || at.w >= column.y) continue;
            const Spot window = {r, part.c, part.h, part.w};
            const float gradient = value(dy[place_of<Y_LAST>(window, outputs, group, group)]);
            sum += gradient / (float)((row.y - row.x) * (column.y - column.x));
        }
        dx[i] = number(sum);
    }
}
