// Solver updates: all that happens to a number, from its gradient to its step, in one pass.
// RULE is the number of a rule in update.py; the letters are those of solvers/.
#include "numbers.cuh"
#include "reduce.cuh"

// partial[block] = the block's share of the sum of squares of g.
KERNEL(squares)(const float* g, int count, double* partial) {
    double sum = 0;
    EACH(i, count) {
        sum += (double)g[i] * g[i];
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// diff = weight * scale: the gradient of a loss with respect to itself.
KERNEL(seed)(real* diff, int count, float weight, const float* scale) {
    EACH(i, count) {
        diff[i] = number(weight * *scale);
    }
}

// scale = what gradients are multiplied by: 1 / batches, less where their norm is above the limit.
// One block; with limit < 0 there is none. With a loss_scale gradients are that much too large, and
// where they are not finite scale becomes -1, loss_scale half of what it was.
KERNEL(clip)
(const double* partial, int blocks, float limit, float batches, float* scale, float* loss_scale,
 int* good) {
    double sum = 0;
    for (int i = threadIdx.x; i < blocks; i += blockDim.x) sum += partial[i];
    sum = block_sum(sum);
    if (threadIdx.x != 0) return;
    const float times = loss_scale ? *loss_scale : 1.f;
    const float norm = (float)sqrt(sum) / times;
    if (loss_scale && !(norm <= 3.402823466e38f)) {
        *scale = -1;
        *loss_scale = fmaxf(times / 2, 1.f);
        *good = 0;
        return;
    }
    *scale = (limit >= 0 && norm > limit ? limit / norm : 1.f) / batches / times;
    if (loss_scale && ++*good == 2000) {
        *loss_scale = fminf(times * 2, 16777216.f);
        *good = 0;
    }
}

#ifdef RULE
// Block b moves the numbers bounds[2 b] .. bounds[2 b + 1] - 1; factors: its rate's factor and its
// decay; a scale below 0 leaves the update out. n0, n1... point to the numbers of the formula.
KERNEL(update)
(float* w, const float* g, float* h, float* s, const int* bounds, const float* factors,
 const float* scale, int l1, const float* rate, const float* n0, const float* n1, const float* n2,
 const float* n3) {
    const int start = bounds[2 * blockIdx.x], stop = bounds[2 * blockIdx.x + 1];
    const float lr = *rate * factors[2 * blockIdx.x], decay = factors[2 * blockIdx.x + 1];
    const float times = *scale;
    if (times < 0) return;
    for (int i = start + threadIdx.x; i < stop; i += blockDim.x) {
        const float weight = w[i];
        const float direction = l1 ? (float)((weight > 0) - (weight < 0)) : weight;
        const float gradient = g[i] * times + direction * decay;
#if RULE == 0  // SGD: momentum
        const float v = h[i] * *n0 + gradient * lr;
        h[i] = v;
        w[i] = weight - v;
#elif RULE == 1  // Nesterov: momentum
        const float before = h[i] * *n0, v = before + gradient * lr;
        h[i] = v;
        w[i] = (weight + before) - v * (1.f + *n0);
#elif RULE == 2  // AdaGrad: delta
        h[i] += gradient * gradient;
        w[i] = weight - gradient / (sqrtf(h[i]) + *n0) * lr;
#elif RULE == 3  // RMSProp: rms_decay, delta
        h[i] = h[i] * *n0 + gradient * gradient * (1.f - *n0);
        w[i] = weight - gradient / (sqrtf(h[i]) + *n1) * lr;
#elif RULE == 4  // AdaDelta: momentum, delta
        h[i] = h[i] * *n0 + gradient * gradient * (1.f - *n0);
        const float u = sqrtf((s[i] + *n1) / (h[i] + *n1)) * gradient;
        s[i] = s[i] * *n0 + u * u * (1.f - *n0);
        w[i] = weight - u * lr;
#else  // Adam: b1, b2, delta, correction
        h[i] = h[i] * *n0 + gradient * (1.f - *n0);
        s[i] = s[i] * *n1 + gradient * gradient * (1.f - *n1);
        w[i] = weight - h[i] / (sqrtf(s[i]) + *n2) * (lr * *n3);
#endif
    }
}
#endif
