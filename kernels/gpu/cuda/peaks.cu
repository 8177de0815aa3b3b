// Peaks of score maps; see layers/nms.py. Of each item's `channels` maps the first `wanted` count.
#include "numbers.cuh"
#include "scan.cuh"

// A map (h, w), whose places are `step` apart.
struct Map {
    const real* values;
    int h, w, step;

    __device__ float at(int row, int column) const {
        return value(values[(size_t)(row * w + column) * step]);
    }

    // Whether it is above all eight neighbours.
    __device__ bool is_peak(int row, int column, float threshold) const {
        if (row < 1 || column < 1 || row > h - 2 || column > w - 2) return false;
        const float peak = at(row, column);
        if (!(peak > threshold)) return false;
        bool is_above = true;
        for (int i = row - 1; i <= row + 1; ++i)
            for (int j = column - 1; j <= column + 1; ++j)
                if (i != row || j != column) is_above = is_above && peak > at(i, j);
        return is_above;
    }

    // x and y of a peak: the mean of the places around it, weighted by what is above 0 there.
    __device__ float2 mean_place(int row, int column) const {
        const int top = max(row - REACH, 1), left = max(column - REACH, 1);
        double total = 0, x = 0, y = 0;
        for (int i = top; i <= min(row + REACH, h - 1); ++i)
            for (int j = left; j <= min(column + REACH, w - 1); ++j) {
                const double v = at(i, j), weight = v < 0 ? 0 : v;  // NaN stays
                total += weight;
                x += weight * (j - left);
                y += weight * (i - top);
            }
        if (total <= 0) return make_float2(column, row);
        return make_float2(left + x / total, top + y / total);
    }
};

// Map number i of those that count. LAST: whether channels run fastest.
__device__ __forceinline__ Map map_of(const real* x, int i, int channels, int wanted, int h,
                                      int w) {
    const int item = i / wanted, c = i - item * wanted;
    const size_t first = (size_t)item * channels * h * w;
    if (LAST) return {x + first + c, h, w, channels};
    return {x + first + (size_t)c * h * w, h, w, 1};
}

#define MAPS const real *x, int maps, int channels, int wanted, int h, int w

// A block for each map and each of `parts` parts of so many places. peaks (maps, parts, room),
// counts (maps, parts): the first peaks of each part, by place.
KERNEL(find_peaks)
(MAPS, int parts, int places, float threshold, int room, int* peaks, int* counts) {
    // Neighbouring blocks read what lies side by side.
    const int i = LAST ? blockIdx.x % maps : blockIdx.x / parts;
    const int part = LAST ? blockIdx.x / maps : blockIdx.x - i * parts;
    const Map map = map_of(x, i, channels, wanted, h, w);
    const int list = i * parts + part, end = min((part + 1) * places, h * w);
    peaks += (size_t)list * room;
    int found = 0;
    for (int start = part * places; start < end && found < room; start += blockDim.x) {
        const int p = start + threadIdx.x, row = p / w;
        const bool is_peak = p < end && map.is_peak(row, p - row * w, threshold);
        int all;
        const int before = found + block_scan((int)is_peak, &all);
        if (is_peak && before < room) peaks[before] = p;
        found += all;
    }
    if (threadIdx.x == 0) counts[list] = min(found, room);
}

// A block for each map. y: strides are those of items, maps, rows and columns.
KERNEL(write_peaks)
(MAPS, int parts, int room, const int* peaks, const int* counts, int most, float* y,
 int item_stride, int map_stride, int row_stride, int column_stride) {
    const int i = blockIdx.x, item = i / wanted;
    const Map map = map_of(x, i, channels, wanted, h, w);
    y += item * item_stride + (i - item * wanted) * map_stride;
    int found = 0;
    for (int start = 0; start < parts; start += blockDim.x) {
        const int part = start + threadIdx.x, list = i * parts + part;
        const int here = part < parts ? counts[list] : 0;
        int all;
        const int before = found + block_scan(here, &all);
        for (int j = 0; j < here && before + j < most; ++j) {
            const int p = peaks[(size_t)list * room + j], row = p / w, column = p - row * w;
            const float2 place = map.mean_place(row, column);
            float* its = y + (before + j + 1) * row_stride;
            its[0] = place.x;
            its[column_stride] = place.y;
            its[2 * column_stride] = map.at(row, column);
        }
        found += all;
    }
    found = min(found, most);
    for (int j = threadIdx.x; j <= most - found; j += blockDim.x) {
        float* its = y + (j == 0 ? 0 : found + j) * row_stride;
        its[0] = j == 0 ? found : 0;
        its[column_stride] = its[2 * column_stride] = 0;
    }
}
