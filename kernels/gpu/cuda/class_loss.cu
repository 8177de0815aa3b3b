// Losses of the numbers x of classes, given a label for each place: the sum of a term for each,
// over a divisor. TERM and the other macros: class_loss.py; places and labels: places.cuh and
// labels.cuh.
#include "labels.cuh"
#include "numbers.cuh"
#include "places.cuh"

#ifdef X_IS_FLOAT
typedef float number_x;
#else
typedef real number_x;
#endif

// p: x of the label, at least LEAST; w: the label's weight. NaN stays what it is.
#ifndef ALL_CLASSES
__device__ __forceinline__ float term(float x, float w) {
    const float p = x < LEAST ? LEAST : x;
    return w * (TERM);
}
#endif
__device__ __forceinline__ float slope_of(float x, float w) {
    [[maybe_unused]] const float p = x < LEAST ? LEAST : x;
    return w * (SLOPE);
}

// For a class: h is H[label, class].
#ifdef ALL_CLASSES
__device__ __forceinline__ float term(float x, bool is_label, float h) { return TERM; }
#endif
__device__ __forceinline__ float gradient_of(float x, bool is_label, float h, float slope) {
    return GRADIENT;
}

// partial and counts: for each block, the sum of its terms, and how many labels counted.
// weights: one for each class, prices: H, each: the term of each place; all of them may be null.
KERNEL(sum_terms)
(const number_x* xs, const float* weights, const float* prices, int places, int classes, int inner,
 const float* labels, int ignores, int ignored, int* fault, float* each, double* partial,
 int* counts) {
    double total = 0;
    int counted = 0;
    EACH_PLACE(place, places) {
        const int label = class_of(place, places, classes, labels, ignores, ignored, fault);
        float v = 0;
        if (label >= 0) {
#ifdef ALL_CLASSES
            EACH_OF_PLACE(c, i, place, classes, inner) {
                v += term(value(xs[i]), c == (unsigned)label,
                          prices ? prices[label * classes + c] : 0.f);
            }
            v = over_lanes<Sum>(v);
#else
            v = term(value(xs[first_of(place, classes, inner) + label * inner]),
                     weights ? weights[label] : 1.f);
#endif
        }
        if (LANE != 0) continue;
        total += v;
        counted += label >= 0;
        if (each) each[place] = v;
    }
    total = block_sum(total);
    counted = block_sum(counted);
    if (threadIdx.x != 0) return;
    partial[blockIdx.x] = total;
    counts[blockIdx.x] = counted;
}

// One block. divisor: below 0, it is how many labels counted; divided_by: what it was.
KERNEL(finish)
(const double* partial, const int* counts, int blocks, float divisor, float* divided_by,
 float* loss) {
    double total = 0;
    int counted = 0;
    for (int i = threadIdx.x; i < blocks; i += blockDim.x) {
        total += partial[i];
        counted += counts[i];
    }
    total = block_sum(total);
    counted = block_sum(counted);
    if (threadIdx.x != 0) return;
    *divided_by = divisor < 0 ? (float)(counted > 1 ? counted : 1) : divisor;
    *loss = (float)total / *divided_by;
}

KERNEL(gradients)
(const number_x* xs, const float* weights, const float* prices, int places, int classes, int inner,
 const float* labels, int ignores, int ignored, int* fault, const float* dloss,
 const float* divided_by, real* dxs) {
    const float scale = *dloss / *divided_by;
    EACH_PLACE(place, places) {
        const int label = class_of(place, places, classes, labels, ignores, ignored, fault);
        if (label < 0) {
            EACH_OF_PLACE(c, i, place, classes, inner) dxs[i] = number(0.f);
            continue;
        }
        float slope = 0;
        if (prices) {
            for (int c = LANE; c < classes; c += LANES) slope += prices[label * classes + c];
            slope = over_lanes<Sum>(slope);
        } else {
            slope = slope_of(value(xs[first_of(place, classes, inner) + label * inner]),
                             weights ? weights[label] : 1.f);
        }
        EACH_OF_PLACE(c, i, place, classes, inner) {
            const float h = prices ? prices[label * classes + c] : 0.f;
            const bool is_label = c == (unsigned)label;
            dxs[i] = number(scale * gradient_of(value(xs[i]), is_label, h, slope));
        }
    }
}
