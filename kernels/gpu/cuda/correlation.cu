// target = the sum of source, seen through filters, and a bias for each channel; a ReLU after it.
// SOURCE_ALONG_SUM: whether what a sum runs through first, the channels of the source, lies closest
// together in memory. TARGET_BY_CHANNELS: whether the channels of the target do.
#include "correlation.cuh"
#include "divide.cuh"
#include "tiles.cuh"

// packed[tap, column], columns running through all groups, from filters in the order of files.
KERNEL(pack)
(const float* filters, const int* places, float* packed, int taps, int all_columns,
 unsigned all_factor, int all_shift, int columns, int column_stride, int group_stride) {
    EACH(i, taps * all_columns) {
        const int tap = quotient(i, all_factor, all_shift), column = i - tap * all_columns;
        const int group = column / columns;
        packed[i] = filters[group * group_stride + (column - group * columns) * column_stride +
                            places[tap]];
    }
}

struct Seen {
    typedef Strip<SOURCE_ALONG_SUM> Places;
    const real* source;
    const int4* taps;
    int end, size[3];
    Spot spots[SOURCE_ALONG_SUM ? 4 : 1];
    __device__ Seen(const Correlation& it, const Phase& phase, const real* source,
                    const int4* taps, int first)
        : source(source), taps(taps), end(phase.end) {
        for (int axis = 0; axis < 3; ++axis) size[axis] = it.source_size[axis];
        for (int i = 0; i < (SOURCE_ALONG_SUM ? 4 : 1); ++i) {
            const int row = first + Places::line(i);
            spots[i] = {0, {NOWHERE, NOWHERE, NOWHERE}};
            if (row < phase.rows) spots[i] = spot_of(it, phase, place_of(row, phase.count));
        }
    }
    __device__ void prepare(int) {}
    __device__ float bring(int i, int k) {
        const int tap = k + Places::place(i);
        return tap < end ? seen(source, size, spots[SOURCE_ALONG_SUM ? i : 0], taps[tap]) : 0.f;
    }
};

struct Filters {
    typedef Strip<false> Places;
    const float* packed;
    int end, columns, all_columns;
    __device__ float bring(int i, int k) {
        const int tap = k + Places::place(i), column = Places::line(i);
        return tap < end && column < columns ? packed[tap * all_columns + column] : 0.f;
    }
};

// One block for each tile of rows and columns, group and phase.
KERNEL(correlate)
(const real* source, const int4* taps, const float* packed, const float* bias, real* target,
 const int* correlation, const int* all_phases, int down, int relu, float slope) {
    const Correlation it = *(const Correlation*)correlation;
    const Phase* phases = (const Phase*)all_phases;
    const int across = (it.columns + TILE - 1) / TILE;
    const int first = blockIdx.x % across * TILE, row = blockIdx.x / across % down * TILE;
    const int rest = blockIdx.x / across / down, group = rest % it.groups;
    const Phase phase = phases[rest / it.groups];
    if (row >= phase.rows) return;
    const int all_columns = it.groups * it.columns, from = group * it.columns;
    Seen left(it, phase, source + group * it.source_group, taps, row);
    Filters right = {packed + from + first, phase.end, it.columns - first, all_columns};
    float sums[4][4] = {};
    multiply(left, right, phase.begin, phase.end, sums);
    for (int i = 0; i < 4; ++i) {
        const int y = row + threadIdx.x / 16 * 4 + i;
        if (y >= phase.rows) continue;
        const unsigned place = target_of(it, phase, place_of(y, phase.count));
        for (int j = 0; j < 4; ++j) {
            const int column = first + threadIdx.x % 16 * 4 + j;
            if (column >= it.columns) continue;
            const float v = sums[i][j] + (bias ? bias[from + column] : 0.f);
            put(target + (place + (from + column) * it.target_channel), rectified(v, relu, slope));
        }
    }
}

// The same with a thread for each number, for groups of few channels; no phase has more than
// `rows`.
KERNEL(correlate_each)
(const real* source, const int4* taps, const float* packed, const float* bias, real* target,
 const int* correlation, const int* all_phases, int rows, int count, int relu,
 float slope) {
    const Correlation it = *(const Correlation*)correlation;
    const Phase* phases = (const Phase*)all_phases;
    const unsigned all_columns = it.groups * it.columns;
    EACH(i, count) {
        const unsigned of_phase = rows * all_columns, number = i / of_phase;
        const unsigned rest = i - number * of_phase;
        const int row = TARGET_BY_CHANNELS ? rest / all_columns : rest % rows;
        const int column = TARGET_BY_CHANNELS ? rest % all_columns : rest / rows;
        const Phase& phase = phases[number];
        if (row >= phase.rows) continue;
        const Place place = place_of(row, phase.count);
        const Spot spot = spot_of(it, phase, place);
        const real* from = source + column / it.columns * it.source_group;
        float sum = bias ? bias[column] : 0.f;
        for (int tap = phase.begin; tap < phase.end; ++tap)
            sum += seen(from, it.source_size, spot, taps[tap]) * packed[tap * all_columns + column];
        put(target + (target_of(it, phase, place) + column * it.target_channel),
            rectified(sum, relu, slope));
    }
}
