// Losses made of sums over the numbers of each item. LET, ADD and the other macros: item_loss.py.
// a, b, c and d are the numbers of up to four blobs that lie alike, as (items, size); p and q are
// numbers of the layer, s[k] the sums of an item, f[k] what backward has to know of it, label one
// number of the item that a blob gives. Blobs may be null.
#include "functions.cuh"
#include "numbers.cuh"
#include "places.cuh"

#ifdef B_IS_FLOAT
typedef float number_b;
#else
typedef real number_b;
#endif
#ifdef C_IS_FLOAT
typedef float number_c;
#else
typedef real number_c;
#endif
#ifdef D_IS_FLOAT
typedef float number_d;
#else
typedef real number_d;
#endif

#define READ_NUMBERS(i)                                            \
    [[maybe_unused]] const float a = value(as[i]);                 \
    [[maybe_unused]] const float b = bs ? value(bs[i]) : 0.f;      \
    [[maybe_unused]] const float c = cs ? value(cs[i]) : 1.f;      \
    [[maybe_unused]] const float d = ds ? value(ds[i]) : 1.f;      \
    LET

// Block (item, chunk): partial[block, k] = the chunk's share of s[k].
KERNEL(sum_chunks)
(const real* as, const number_b* bs, const number_c* cs, const number_d* ds, int size, int chunks,
 int chunk, float p, float q, double* partial) {
    const unsigned item = blockIdx.x / chunks, place = blockIdx.x - item * chunks;
    const unsigned start = place * chunk, end = min(start + chunk, (unsigned)size);
    double s[SUMS] = {};
    for (unsigned j = start + threadIdx.x; j < end; j += blockDim.x) {
        READ_NUMBERS(item * size + j)
        ADD
    }
    for (int k = 0; k < SUMS; ++k) {
        const double sum = block_sum(s[k]);
        if (threadIdx.x == 0) partial[blockIdx.x * SUMS + k] = sum;
    }
}

// One block: loss = beginning + the sum of all ITEM_LOSS / divisor; factors: f of each item.
KERNEL(finish)
(const double* partial, const float* labels, int items, int chunks, float p, float q,
 float beginning, float divisor, float* factors, float* loss) {
    double total = 0;
    EACH_PLACE(item, items) {
        double s[SUMS] = {};
        for (unsigned place = LANE; place < (unsigned)chunks; place += LANES)
            for (int k = 0; k < SUMS; ++k) s[k] += partial[(item * chunks + place) * SUMS + k];
        for (int k = 0; k < SUMS; ++k) s[k] = over_lanes<Sum>(s[k]);
        if (LANE != 0) continue;
        [[maybe_unused]] const float label = labels ? labels[item] : 0.f;
        [[maybe_unused]] float* f = factors + item * FACTORS;
        KEEP
        total += ITEM_LOSS;
    }
    total = block_sum(total);
    if (threadIdx.x == 0) *loss = (float)(beginning + total / divisor);
}

// Block (item, chunk): d.. = dloss / divisor * SLOPE_.., where asked for.
KERNEL(gradients)
(const real* as, const number_b* bs, const number_c* cs, const number_d* ds, int size, int chunks,
 int chunk, float p, float q, const float* factors, const float* dloss, float divisor, real* das,
 real* dbs, real* dcs, real* dds) {
    const unsigned item = blockIdx.x / chunks, place = blockIdx.x - item * chunks;
    const unsigned start = place * chunk, end = min(start + chunk, (unsigned)size);
    const float scale = *dloss / divisor;
    [[maybe_unused]] const float* f = factors + item * FACTORS;
    for (unsigned j = start + threadIdx.x; j < end; j += blockDim.x) {
        const unsigned i = item * size + j;
        READ_NUMBERS(i)
        if (das) das[i] = number(scale * (SLOPE_A));
        if (dbs) dbs[i] = number(scale * (SLOPE_B));
        if (dcs) dcs[i] = number(scale * (SLOPE_C));
        if (dds) dds[i] = number(scale * (SLOPE_D));
    }
}

#ifdef EACH_TERM
// each[item, place]: EACH_TERM summed over the channels, of which the i-th is at i * stride.
KERNEL(sum_channels)
(const real* as, const number_b* bs, const number_c* cs, const number_d* ds, int places,
 int channels, int inner, float p, float q, float* each) {
    EACH_PLACE(place, places) {
        float sum = 0;
        EACH_OF_PLACE(channel, i, place, channels, inner) {
            READ_NUMBERS(i)
            sum += EACH_TERM;
        }
        sum = over_lanes<Sum>(sum);
        if (LANE == 0) each[place] = sum;
    }
}
#endif
