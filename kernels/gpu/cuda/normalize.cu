// y = scale x / length of the place that x is in, and its gradients. x, y, dy and dx lie as (outer,
// size, inner); lengths and norms have a number for each place. is_l1: length is sum |x| + eps,
// else sqrt(sum x^2 + eps). There are as many scales as `channels`, and each for `plane` numbers
// along the axis; null stands for 1.
#include "numbers.cuh"
#include "places.cuh"

__device__ __forceinline__ float scale_of(unsigned c, const float* scales, unsigned channels,
                                          unsigned plane) {
    return scales ? scales[c / plane % channels] : 1.f;
}

// norms may be null.
KERNEL(forward)
(const real* xs, const float* scales, real* ys, real* norms, float* lengths, int channels,
 int plane, int is_l1, float eps, int count, int size, int inner) {
    EACH_PLACE(place, count) {
        float sum = 0;
        EACH_OF_PLACE(c, i, place, size, inner) {
            const float x = value(xs[i]);
            sum += is_l1 ? fabsf(x) : x * x;
        }
        sum = over_lanes<Sum>(sum);
        const float length = is_l1 ? sum + eps : sqrtf(sum + eps);
        EACH_OF_PLACE(c, i, place, size, inner) {
            ys[i] = number(value(xs[i]) / length * scale_of(c, scales, channels, plane));
        }
        if (LANE == 0) lengths[place] = length;
        if (LANE == 0 && norms) norms[place] = number(length);
    }
}

// dx = (g - v sum(x g) / length^2) / length, g being scale dy, v x or for L1 length sign(x); and
// the gradient of the norm, v / length, times d_norms, which may be null.
KERNEL(backward)
(const real* xs, const float* scales, const real* dys, const real* d_norms, const float* lengths,
 real* dxs, int channels, int plane, int is_l1, int count, int size, int inner) {
    EACH_PLACE(place, count) {
        float sum = 0;
        EACH_OF_PLACE(c, i, place, size, inner) {
            sum += value(xs[i]) * value(dys[i]) * scale_of(c, scales, channels, plane);
        }
        sum = over_lanes<Sum>(sum);
        const float length = lengths[place];
        const float d_norm = (d_norms ? value(d_norms[place]) : 0.f) - sum / (length * length);
        EACH_OF_PLACE(c, i, place, size, inner) {
            const float x = value(xs[i]), g = value(dys[i]) * scale_of(c, scales, channels, plane);
            const float direction = is_l1 ? (float)((x > 0) - (x < 0)) : x / length;
            dxs[i] = number(g / length + d_norm * direction);
        }
    }
}

// terms = dy x / length, what the gradients of scales are sums of.
KERNEL(scale_terms)
(const real* xs, const real* dys, const float* lengths, float* terms, int count, int size,
 int inner) {
    EACH_PLACE(place, count) {
        const float length = lengths[place];
        EACH_OF_PLACE(c, i, place, size, inner) {
            terms[i] = value(xs[i]) * value(dys[i]) / length;
        }
    }
}
