// Rows of length 1, and a margin in the angle between x and its class; see
// layers/margin_inner_product.py. xs: items of `size` numbers, ws: a row of as many for each class,
// ys: a number for each item and class. A label that names no class has no margin.
#include "numbers.cuh"
#include "places.cuh"
#include "rows.cuh"

// Zeros have no angle to anything, and stay what they are.
__device__ __forceinline__ float divisor_of(float length) { return length > 0 ? length : 1.f; }

KERNEL(scale_rows)(float* ws, int rows, int size) {
    EACH_PLACE(row, rows) {
        float squares = 0;
        EACH_OF_PLACE(k, i, row, size, 1) squares += ws[i] * ws[i];
        const float divisor = divisor_of(sqrtf(over_lanes<Sum>(squares)));
        EACH_OF_PLACE(k, i, row, size, 1) ws[i] /= divisor;
    }
}

#if MARGIN > 1
// psi of a cosine, and what it grows by with that. COEFFICIENTS: of rising powers, MARGIN the last
// one; LIMITS: where k changes.
struct Psi {
    float value = 0, slope = 0;

    __device__ explicit Psi(float cosine) {
        constexpr float coefficients[] = {COEFFICIENTS}, limits[] = {LIMITS};
        int k = 0;
        for (float limit : limits) k += cosine < limit;
        const int sign = 1 - 2 * (k % 2);
#pragma unroll
        for (int power = MARGIN; power >= 0; --power) {
            slope = slope * cosine + value;
            value = value * cosine + coefficients[power];
        }
        value = sign * value - 2 * k;
        slope *= sign;
    }
};
#endif

// y of the label becomes |x| (psi + lambda cosine) / (1 + lambda). pulls: what the gradient of x
// has more than dy w, as multiples of w and of x, for a dy of 1.
KERNEL(add_margin)
(const real* xs, const float* ws, const float* labels, int items, int size, int classes,
 const float* lambda, int* fault, float2* pulls, real* ys) {
    EACH_PLACE(item, items) {
        const int label = row_of(labels[item], classes);
        if (label < 0) {
            if (LANE == 0) atomicMax(fault, (int)item + 1);
            continue;
        }
#if MARGIN > 1
        const float* w = ws + (long long)label * size;
        float plain = 0, squares = 0;
        EACH_OF_PLACE(k, i, item, size, 1) {
            const float x = value(xs[i]);
            plain += x * w[k];
            squares += x * x;
        }
        plain = over_lanes<Sum>(plain);
        squares = over_lanes<Sum>(squares);
        if (LANE != 0) continue;
        const float length = sqrtf(squares), cosine = plain / divisor_of(length);
        const Psi psi(cosine);
        const float along_x = (psi.value - cosine * psi.slope) / divisor_of(length);
        const float norm = sqrtf(psi.slope * psi.slope + along_x * along_x), parts = 1 + *lambda;
        ys[item * classes + label] = number((length * psi.value + *lambda * plain) / parts);
        pulls[item] = make_float2((psi.slope / norm - 1) / parts, along_x / norm / parts);
#endif
    }
}

// dx += dy of the label * its pulls.
KERNEL(pull)
(const real* xs, const float* ws, const float* labels, int items, int size, int classes,
 const float2* pulls, const real* dys, real* dxs) {
    EACH_PLACE(item, items) {
        const int label = row_of(labels[item], classes);
        if (label < 0) continue;
        const float* w = ws + (long long)label * size;
        const float dy = value(dys[item * classes + label]);
        const float along_w = dy * pulls[item].x, along_x = dy * pulls[item].y;
        EACH_OF_PLACE(k, i, item, size, 1) {
            dxs[i] = number(value(dxs[i]) + along_w * w[k] + along_x * value(xs[i]));
        }
    }
}
