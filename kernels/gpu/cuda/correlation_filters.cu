// Gradients of filters: dfilters[column, tap] = the sum over all places of the target of dtarget
// there times what the tap sees of the source. Sums are cut into pieces, put together by join.
// BY_CHANNELS: whether channels lie closest together in memory, or the places of an image.
#include "correlation.cuh"
#include "divide.cuh"
#include "tiles.cuh"

// The places that a strip runs through.
struct Strips {
    Spot* spots;
    unsigned* targets;
    const Correlation* it;
    const Phase* phase;
    int end;
    __device__ void prepare(int k) {
        const int row = k + threadIdx.x;
        if (threadIdx.x >= STRIP || row >= end) return;
        const Place place = place_of(row, phase->count);
        spots[threadIdx.x] = spot_of(*it, *phase, place);
        targets[threadIdx.x] = target_of(*it, *phase, place);
    }
};

struct Gradients : Strips {
    typedef Strip<!BY_CHANNELS> Places;
    const real* dtarget;
    int columns, stride;
    __device__ Gradients(const Strips& strips, const real* dtarget, int columns, int stride)
        : Strips(strips), dtarget(dtarget), columns(columns), stride(stride) {}
    __device__ float bring(int i, int k) {
        const int place = Places::place(i), column = Places::line(i);
        return k + place < end && column < columns
                   ? value(dtarget[targets[place] + column * stride]) : 0.f;
    }
};

struct Seen : Strips {
    typedef Strip<!BY_CHANNELS> Places;
    const real* source;
    int size[3];
    int4 taps[BY_CHANNELS ? 1 : 4];
    __device__ Seen(const Strips& strips, const real* source, const int4* all, int first)
        : Strips(strips), source(source) {
        for (int axis = 0; axis < 3; ++axis) size[axis] = it->source_size[axis];
        for (int i = 0; i < (BY_CHANNELS ? 1 : 4); ++i) {
            const int tap = first + Places::line(i);
            taps[i] = make_int4(0, NOWHERE, NOWHERE, NOWHERE);
            if (tap < phase->end) taps[i] = all[tap];
        }
    }
    __device__ float bring(int i, int k) {
        const int place = Places::place(i);
        return k + place < end ? seen(source, size, spots[place], taps[BY_CHANNELS ? 0 : i]) : 0.f;
    }
};

// partial (pieces, all columns, taps): one block for each tile of columns and taps, group and
// piece of so many rows.
KERNEL(correlate_filters)
(const real* source, const real* dtarget, const int4* taps, const int* correlation,
 const int* all_phases, float* partial, int piece) {
    __shared__ Spot spots[STRIP];
    __shared__ unsigned targets[STRIP];
    const Correlation& it = *(const Correlation*)correlation;
    const Phase* phase = (const Phase*)all_phases;
    const int across = (phase->end + TILE - 1) / TILE, down = (it.columns + TILE - 1) / TILE;
    const int tap = blockIdx.x % across * TILE, first = blockIdx.x / across % down * TILE;
    const int rest = blockIdx.x / across / down, group = rest % it.groups;
    const int part = rest / it.groups, begin = part * piece;
    const int end = phase->rows - begin < piece ? phase->rows : begin + piece;
    const int from = group * it.columns;
    const Strips strips = {spots, targets, &it, phase, end};
    Gradients left(strips, dtarget + (from + first) * it.target_channel, it.columns - first,
                   it.target_channel);
    Seen right(strips, source + group * it.source_group, taps, tap);
    float sums[4][4] = {};
    multiply(left, right, begin, end, sums);
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) {
            const int column = first + threadIdx.x / 16 * 4 + i;
            const int x = tap + threadIdx.x % 16 * 4 + j;
            if (column >= it.columns || x >= phase->end) continue;
            const long long row = (long long)part * it.groups * it.columns + from + column;
            partial[row * phase->end + x] = sums[i][j];
        }
    }
}

// The same for groups of few columns: one block for each 2^bits columns of all, tap, and piece.
// Neighbouring threads take neighbouring columns, those 2^bits apart every so-manieth place.
KERNEL(correlate_filters_each)
(const real* source, const real* dtarget, const int4* taps, const int* correlation,
 const int* all_phases, float* partial, int bits, int piece) {
    __shared__ float sums[TILE_THREADS];
    const Correlation& it = *(const Correlation*)correlation;
    const Phase* phase = (const Phase*)all_phases;
    const int all_columns = it.groups * it.columns, width = 1 << bits;
    const int across = (all_columns + width - 1) >> bits, rest = blockIdx.x / across;
    const int column = (blockIdx.x % across << bits) + (threadIdx.x & (width - 1));
    const int part = rest / phase->end, begin = part * piece, lines = TILE_THREADS >> bits;
    const int end = phase->rows - begin < piece ? phase->rows : begin + piece;
    const int4 tap = taps[rest % phase->end];
    int count[3], size[3];
    for (int axis = 0; axis < 3; ++axis)
        count[axis] = phase->count[axis], size[axis] = it.source_size[axis];
    float sum = 0;
    if (column < all_columns) {
        const real* from = source + column / it.columns * it.source_group;
        const real* gradients = dtarget + column * it.target_channel;
        int row = begin + (threadIdx.x >> bits);
        Place place = place_of(row, count);
        const Place step = place_of(lines, count);
        for (; row < end; row += lines) {
            sum += value(gradients[target_of(it, *phase, place)]) *
                   seen(from, size, spot_of(it, *phase, place), tap);
            advance(place, step, count);
        }
    }
    sums[threadIdx.x] = sum;
    for (int half = TILE_THREADS / 2; half >= width; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    }
    if (threadIdx.x >= width || column >= all_columns) return;
    const long long row = (long long)part * all_columns + column;
    partial[row * phase->end + rest % phase->end] = sums[threadIdx.x];
}

// dfilters, in the order of files: places[tap] is where a tap's number is among those of a column.
KERNEL(join)
(const float* partial, const int* places, float* dfilters, int all_columns, int taps,
 unsigned taps_factor, int taps_shift, int pieces, int adds) {
    EACH(i, all_columns * taps) {
        const unsigned column = quotient(i, taps_factor, taps_shift), tap = i - column * taps;
        float sum = 0;
#pragma unroll 4
        for (int part = 0; part < pieces; ++part)
            sum += partial[(long long)part * all_columns * taps + i];
        float* to = dfilters + column * taps + places[tap];
        *to = adds ? *to + sum : sum;
    }
}
