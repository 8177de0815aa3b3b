// y = exp(x) / sum exp(x) along an axis, and dx = y (dy - sum y dy); see places.cuh. y may be x,
// and dx may be dy. With Y_IS_FLOAT, y is float whatever x is.
#include "numbers.cuh"
#include "places.cuh"

#ifdef Y_IS_FLOAT
typedef float result;
#define ROUNDED(v) (v)
#else
typedef real result;
#define ROUNDED(v) number(v)
#endif

#define LEAST_FLOAT -3.402823466e38f

KERNEL(forward)(const real* xs, result* ys, int places, int size, int inner) {
    EACH_PLACE(place, places) {
        float largest = LEAST_FLOAT;
        EACH_OF_PLACE(c, i, place, size, inner) largest = fmaxf(largest, value(xs[i]));
        largest = over_lanes<Largest>(largest);
        // exp of nothing above 0: it cannot overflow.
        float sum = 0;
        EACH_OF_PLACE(c, i, place, size, inner) sum += expf(value(xs[i]) - largest);
        sum = over_lanes<Sum>(sum);
        EACH_OF_PLACE(c, i, place, size, inner) {
            ys[i] = ROUNDED(expf(value(xs[i]) - largest) / sum);
        }
    }
}

KERNEL(backward)(const real* ys, const real* dys, real* dxs, int places, int size, int inner) {
    EACH_PLACE(place, places) {
        float sum = 0;
        EACH_OF_PLACE(c, i, place, size, inner) sum += value(ys[i]) * value(dys[i]);
        sum = over_lanes<Sum>(sum);
        EACH_OF_PLACE(c, i, place, size, inner) {
            dxs[i] = number((value(dys[i]) - sum) * value(ys[i]));
        }
    }
}
