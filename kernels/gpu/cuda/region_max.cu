// y[r, c, i, j] = the largest x[items[r], c] in window (i, j) of region r; see regions.cuh.
// index: the place in the plane of each, -1 for none, in the order in which x has its channels.
#include "regions.cuh"

KERNEL(forward)
(const real* x, const int* items, const int2* rows, const int2* columns, real* y, int* index,
 int count, int channels, int height, int width, int down, int across) {
    EACH(i, count) {
        const Spot at = spot_of<X_LAST>(i, channels, down, across);
        const int item = items[at.n];
        const int2 row = rows[at.n * down + at.h], column = columns[at.n * across + at.w];
        const bool is_empty = item < 0 || row.x >= row.y || column.x >= column.y;
        float best = is_empty ? 0.f : -INFINITY;
        int place = is_empty ? -1 : row.x * width + column.x;
        for (int h = row.x; h < row.y && !is_empty; ++h) {
            for (int w = column.x; w < column.y; ++w) {
                const float v =
                    value(x[place_of<X_LAST>({item, at.c, h, w}, channels, height, width)]);
                // NaN, once found, stays.
                if (!(v <= best) && best == best) best = v, place = h * width + w;
            }
        }
        y[place_of<Y_LAST>(at, channels, down, across)] = number(best);
        index[i] = place;
    }
}

// dx = the sum of dy over the windows that took x. Every number of x looks at every region, so
// that it adds in one order, but enters only those that it lies in.
KERNEL(backward)
(const real* dy, const int* items, const int2* rows, const int2* columns, const int* index,
 real* dx, int count, int regions, int channels, int height, int width, int down, int across) {
    EACH(i, count) {
        const Spot at = spot_of<X_LAST>(i, channels, height, width);
        const int place = at.h * width + at.w;
        float sum = 0;
        for (int r = 0; r < regions; ++r) {
            if (items[r] != at.n) continue;
            const int2 *its_rows = rows + r * down, *its_columns = columns + r * across;
            if (at.h < its_rows[0].x || at.h >= its_rows[down - 1].y) continue;
            if (at.w < its_columns[0].x || at.w >= its_columns[across - 1].y) continue;
            for (int a = 0; a < down; ++a) {
                if (at.h < its_rows[a].x || at.h >= its_rows[a].y) continue;
                for (int b = 0; b < across; ++b) {
                    const Spot window = {r, at.c, a, b};
                    if (index[place_of<X_LAST>(window, channels, down, across)] == place)
                        sum += value(dy[place_of<Y_LAST>(window, channels, down, across)]);
                }
            }
        }
        dx[i] = number(sum);
    }
}
