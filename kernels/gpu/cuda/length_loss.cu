// The lengths of the vectors a - b that the channels of places are, added up, and their slopes.
// Numbers where b is NaN (or a, where there is no b) are unknown and count for nothing. See
// places.cuh; of channel_weight, plateau and epsilon: length_loss.py.
#include "numbers.cuh"
#include "places.cuh"

#ifdef B_IS_FLOAT
typedef float number_b;
#else
typedef real number_b;
#endif

__device__ __forceinline__ bool is_known(const real* as, const number_b* bs, unsigned i) {
    return !isnan(bs ? value(bs[i]) : value(as[i]));
}

__device__ __forceinline__ float gap(const real* as, const number_b* bs, unsigned i) {
    if (!is_known(as, bs, i)) return 0.f;
    return bs ? value(as[i]) - value(bs[i]) : value(as[i]);
}

// The sum of squares at a place, given to all its lanes.
__device__ __forceinline__ float square(const real* as, const number_b* bs, unsigned place,
                                        int channels, int inner, float channel_weight) {
    float sum = 0;
    EACH_OF_PLACE(c, i, place, channels, inner) {
        const float v = gap(as, bs, i);
        sum += v * v;
    }
    return channel_weight * over_lanes<Sum>(sum);
}

// partial: for each block, the sum of its lengths, and how many numbers are known.
KERNEL(sum_lengths)
(const real* as, const number_b* bs, int places, int channels, int inner, float channel_weight,
 float plateau, float epsilon, double* partial) {
    double total = 0;
    unsigned known = 0;
    EACH_PLACE(place, places) {
        const float squares = square(as, bs, place, channels, inner, channel_weight);
        const float counts = squares >= plateau * plateau;
        if (LANE == 0) total += sqrtf(squares * counts + epsilon);
        EACH_OF_PLACE(c, i, place, channels, inner) known += is_known(as, bs, i);
    }
    total = block_sum(total);
    known = block_sum(known);
    if (threadIdx.x != 0) return;
    partial[2 * blockIdx.x] = total;
    partial[2 * blockIdx.x + 1] = known;
}

// One block. divisor: 0, where it is the number of known numbers over that of channels.
KERNEL(finish)
(const double* partial, int blocks, int channels, float divisor, float* divided_by, float* loss) {
    double total = 0, known = 0;
    for (int i = threadIdx.x; i < blocks; i += blockDim.x) {
        total += partial[2 * i];
        known += partial[2 * i + 1];
    }
    total = block_sum(total);
    known = block_sum(known);
    if (threadIdx.x != 0) return;
    *divided_by = divisor ? divisor : (float)fmax(known / channels, 1.0);
    *loss = (float)(total / *divided_by);
}

// da = dloss / divisor * the slope, db = -da; where they are asked for.
KERNEL(gradients)
(const real* as, const number_b* bs, int places, int channels, int inner, float channel_weight,
 float plateau, float epsilon, const float* dloss, const float* divided_by, real* das, real* dbs) {
    const float scale = *dloss / *divided_by;
    EACH_PLACE(place, places) {
        const float squares = square(as, bs, place, channels, inner, channel_weight);
        const float counts = squares >= plateau * plateau;
        const float length = sqrtf(squares * counts + epsilon);
        // Where epsilon is 0 and so is the difference, there is no slope.
        const float slope = scale * counts * channel_weight / (length > 0 ? length : 1.f);
        EACH_OF_PLACE(c, i, place, channels, inner) {
            const float v = slope * gap(as, bs, i);
            if (das) das[i] = number(v);
            if (dbs) dbs[i] = number(-v);
        }
    }
}
