// y = x scale^-beta, scale = k + alpha * the sum of x^2 over the neighbours; see lrn.py.
// x, y, dy and dx lie dense and alike. A number's neighbours are those at most `reach` places away
// along each of three axes, which have a size, and a step between places in memory.
#include "numbers.cuh"

struct Axis {
    int size, step, reach;
    __device__ __forceinline__ int place_of(unsigned i) const {
        if (!reach) return 0;
        return (step == 1 ? i : i / step) % size;
    }
};
struct Axes {
    Axis a, b, c;
};

// The sum of term(j) over the neighbours j of number i, itself among them.
template <class Term>
__device__ __forceinline__ float sum_around(unsigned i, Axes axes, Term term) {
    const int a = axes.a.place_of(i), b = axes.b.place_of(i), c = axes.c.place_of(i);
    const int first_a = max(-axes.a.reach, -a), last_a = min(axes.a.reach, axes.a.size - 1 - a);
    const int first_b = max(-axes.b.reach, -b), last_b = min(axes.b.reach, axes.b.size - 1 - b);
    const int first_c = max(-axes.c.reach, -c), last_c = min(axes.c.reach, axes.c.size - 1 - c);
    float sum = 0;
    for (int da = first_a; da <= last_a; ++da)
        for (int db = first_b; db <= last_b; ++db)
            for (int dc = first_c; dc <= last_c; ++dc)
                sum += term(i + da * axes.a.step + db * axes.b.step + dc * axes.c.step);
    return sum;
}

__device__ __forceinline__ float negative_power(float x, float beta) {
    if (beta != 0.75f) return powf(x, -beta);
    const float root = rsqrtf(x);
    return root * sqrtf(root);
}

// scales, for the backward pass, may be null.
KERNEL(forward)
(const real* x, real* y, float* scales, int count, float alpha, float beta, float k, int size_a,
 int step_a, int reach_a, int size_b, int step_b, int reach_b, int size_c, int step_c,
 int reach_c) {
    const Axes axes = {
        {size_a, step_a, reach_a}, {size_b, step_b, reach_b}, {size_c, step_c, reach_c}};
    EACH(i, count) {
        const float squares = sum_around(i, axes, [=](unsigned j) {
            const float v = value(x[j]);
            return v * v;
        });
        const float scale = k + alpha * squares;
        y[i] = number(value(x[i]) * negative_power(scale, beta));
        if (scales) scales[i] = scale;
    }
}

// dx = dy scale^-beta - 2 alpha beta x * the sum of dy y / scale over the neighbours
KERNEL(backward)
(const real* x, const real* y, const float* scales, const real* dy, real* dx, int count,
 float alpha, float beta, int size_a, int step_a, int reach_a, int size_b, int step_b, int reach_b,
 int size_c, int step_c, int reach_c) {
    const Axes axes = {
        {size_a, step_a, reach_a}, {size_b, step_b, reach_b}, {size_c, step_c, reach_c}};
    EACH(i, count) {
        const float ratios = sum_around(
            i, axes, [=](unsigned j) { return value(dy[j]) * value(y[j]) / scales[j]; });
        const float direct = value(dy[i]) * negative_power(scales[i], beta);
        dx[i] = number(direct - 2 * alpha * beta * value(x[i]) * ratios);
    }
}
