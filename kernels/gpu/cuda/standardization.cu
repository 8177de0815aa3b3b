// y = (x - mean) / deviation * scale + shift for each part of x, perhaps max(y, 0), and its
// gradients. x, y, dy and dx lie as (groups, outer, parts, inner); all else has one number a part.
// means, inverses (of deviations), scales and shifts may be null: 0, 1, 1 and 0.
#include "numbers.cuh"
#include "walk.cuh"

// How many numbers, their mean, and the sum of the squares of their distances from it.
struct Moments {
    float n, mean, squares;

    // Source: Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing
    // Sample Variances", 1979.
    __device__ void add(const Moments& other) {
        if (other.n == 0) return;
        const float total = n + other.n, distance = other.mean - mean, share = other.n / total;
        mean += distance * share;
        squares += other.squares + distance * distance * n * share;
        n = total;
    }
};

struct Sums {
    float g, gx;
    __device__ void add(const Sums& other) { g += other.g, gx += other.gx; }
};

#define OF_PARTS                                                                               \
    const float *means, const float *inverses, const float *scales, const float *shifts, int relu

struct OfPart {
    float mean, slope, shift;

    __device__ OfPart(unsigned part, const float* means, const float* inverses,
                      const float* scales, const float* shifts)
        : mean(means ? means[part] : 0.f),
          slope((inverses ? inverses[part] : 1.f) * (scales ? scales[part] : 1.f)),
          shift(shifts ? shifts[part] : 0.f) {}

    // Backward asks again, and must get the same number.
    __device__ float y(float x) const { return __fmaf_rn(x - mean, slope, shift); }

    // The gradient that comes back through the ReLU, if there is one.
    __device__ float let_through(float x, float dy, int relu) const {
        return relu && !(y(x) > 0) ? 0.f : dy;
    }
};

// partial_means and partial_squares [part, chunk]: the Moments of each chunk.
KERNEL(moments)(const real* x, float* partial_means, float* partial_squares, FOLDED) {
    WALK(walk);
    Moments moments = {0, 0, 0};
    go<8>(walk, [&](auto many) {
        constexpr unsigned n = many.count;
        real v[n];
        for (unsigned i = 0; i < n; ++i) v[i] = x[walk.next()];
        Moments few = {n, 0, 0};
        for (unsigned i = 0; i < n; ++i) few.mean += value(v[i]) / n;
        for (unsigned i = 0; i < n; ++i) {
            const float distance = value(v[i]) - few.mean;
            few.squares += distance * distance;
        }
        moments.add(few);
    });
    moments = put_together(moments, bits);
    if (threadIdx.x >> bits || !walk.has_part) return;
    partial_means[walk.part * chunks + walk.chunk_index] = moments.mean;
    partial_squares[walk.part * chunks + walk.chunk_index] = moments.squares;
}

// mean and inverse of what the chunks gave, for `numbers` numbers each; a warp for each of `count`
// parts. deviation is 0: 1, 1: sqrt(variance + eps), 2: sqrt(variance) + eps. Running values, which
// may be null, become keep times themselves and share of the new ones, the variance times unbias;
// weight, the sum of shares, too.
KERNEL(measure)
(const float* partial_means, const float* partial_squares, int count, int chunks, int chunk,
 int numbers, double eps, int deviation, float* means, float* inverses, float* running_mean,
 float* running_variance, float* weight, float keep, float share, double unbias) {
    const unsigned part = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (part >= (unsigned)count) return;
    partial_means += part * chunks, partial_squares += part * chunks;
    double mean = 0, variance = 0;
    for (int i = lane; i < chunks; i += 32)
        mean += (double)partial_means[i] * min(chunk, numbers - i * chunk);
    mean = warp_sum(mean) / numbers;
    for (int i = lane; i < chunks; i += 32) {
        const double distance = partial_means[i] - mean;
        variance += partial_squares[i] + distance * distance * min(chunk, numbers - i * chunk);
    }
    variance = warp_sum(variance) / numbers;
    if (lane != 0) return;
    means[part] = (float)mean;
    const double divisor = deviation == 1 ? sqrt(variance + eps) : sqrt(variance) + eps;
    inverses[part] = deviation ? (float)(1 / divisor) : 1.f;
    if (!running_mean) return;
    running_mean[part] = running_mean[part] * keep + (float)mean * share;
    running_variance[part] = running_variance[part] * keep + (float)(variance * unbias) * share;
    if (weight && part == 0) *weight = *weight * keep + share;
}

// mean and inverse of running values, which are sums to be divided by weight, unless it is null.
KERNEL(recall)
(const float* running_mean, const float* running_variance, const float* weight, int count,
 double eps, float* means, float* inverses) {
    const float factor = !weight ? 1.f : *weight == 0 ? 0.f : 1.f / *weight;
    EACH(part, count) {
        means[part] = running_mean[part] * factor;
        inverses[part] = (float)(1 / sqrt(running_variance[part] * factor + eps));
    }
}

// kept, which may be null, gets x; y may be x.
KERNEL(standardize)
(const real* x, real* y, real* kept, OF_PARTS, FOLDED) {
    WALK(walk);
    if (!walk.left) return;
    const OfPart part(walk.part, means, inverses, scales, shifts);
    go<4>(walk, [&](auto many) {
        constexpr unsigned n = many.count;
        unsigned at[n];
        real v[n];
        for (unsigned i = 0; i < n; ++i) v[i] = x[at[i] = walk.next()];
        for (unsigned i = 0; i < n; ++i) {
            if (kept) kept[at[i]] = v[i];
            const float result = part.y(value(v[i]));
            y[at[i]] = number(relu && result <= 0 ? 0.f : result);
        }
    });
}

// partial_g and partial_gx [part, chunk]: the sums of dy, where the ReLU let x through, and of that
// times (x - mean).
KERNEL(gradient_sums)
(const real* dy, const real* x, float* partial_g, float* partial_gx, OF_PARTS, FOLDED) {
    WALK(walk);
    Sums sums = {0, 0};
    const OfPart part(walk.has_part ? walk.part : 0, means, inverses, scales, shifts);
    go<4>(walk, [&](auto many) {
        constexpr unsigned n = many.count;
        real xs[n], dys[n];
        for (unsigned i = 0; i < n; ++i) {
            const unsigned at = walk.next();
            xs[i] = x[at], dys[i] = dy[at];
        }
        Sums few = {0, 0};
        for (unsigned i = 0; i < n; ++i) {
            const float v = value(xs[i]), g = part.let_through(v, value(dys[i]), relu);
            few.add({g, g * (v - part.mean)});
        }
        sums.add(few);
    });
    sums = put_together(sums, bits);
    if (threadIdx.x >> bits || !walk.has_part) return;
    partial_g[walk.part * chunks + walk.chunk_index] = sums.g;
    partial_gx[walk.part * chunks + walk.chunk_index] = sums.gx;
}

// dshift = sum of g, dscale = sum of g (x - mean) / deviation: written, or added; the means of
// both. Each may be null. A warp for each of `count` parts, of `numbers` numbers.
KERNEL(gather_gradients)
(const float* partial_g, const float* partial_gx, int count, int chunks, int numbers,
 const float* inverses, float* dscales, int adds_scale, float* dshifts, int adds_shift,
 float* mean_g, float* mean_gx) {
    const unsigned part = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (part >= (unsigned)count) return;
    double g = 0, gx = 0;
    for (int i = lane; i < chunks; i += 32) {
        g += partial_g[part * chunks + i];
        gx += partial_gx[part * chunks + i];
    }
    g = warp_sum(g), gx = warp_sum(gx) * (inverses ? inverses[part] : 1.f);
    if (lane != 0) return;
    if (dscales) dscales[part] = (adds_scale ? dscales[part] : 0.f) + (float)gx;
    if (dshifts) dshifts[part] = (adds_shift ? dshifts[part] : 0.f) + (float)g;
    if (mean_g) mean_g[part] = (float)(g / numbers);
    if (mean_gx) mean_gx[part] = (float)(gx / numbers);
}

// dx = slope (g - mean_g - (x - mean) / deviation mean_gx), g being dy where the ReLU let x
// through. Without mean_g, x is read for a ReLU alone; without mean_gx, that term is not there.
KERNEL(gradient)
(const real* dy, real* dx, const real* x, const float* mean_g, const float* mean_gx, OF_PARTS,
 FOLDED) {
    WALK(walk);
    if (!walk.left) return;
    const OfPart part(walk.part, means, inverses, scales, shifts);
    const float g_mean = mean_g ? mean_g[walk.part] : 0.f;
    const float moved = mean_gx ? mean_gx[walk.part] * inverses[walk.part] : 0.f;
    const bool reads_x = relu || mean_gx;
    go<4>(walk, [&](auto many) {
        constexpr unsigned n = many.count;
        unsigned at[n];
        real xs[n], dys[n];
        for (unsigned i = 0; i < n; ++i) {
            at[i] = walk.next();
            if (reads_x) xs[i] = x[at[i]];
            dys[i] = dy[at[i]];
        }
        for (unsigned i = 0; i < n; ++i) {
            const float v = reads_x ? value(xs[i]) : 0.f;
            const float g = part.let_through(v, value(dys[i]), relu) - g_mean;
            dx[at[i]] = number(part.slope * (mean_gx ? g - (v - part.mean) * moved : g));
        }
    });
}
