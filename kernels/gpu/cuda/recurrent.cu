// Steps of LSTM and RNN, of n streams with d units each. What enters a step comes times cont, of
// type FLAG: 0 where a sequence starts, 1 where it goes on. real is what blobs hold; all that stays
// inside is float.
#include "functions.cuh"
#include "lstm.cuh"
#include "numbers.cuh"

__device__ inline float flag_at(const FLAG* cont, unsigned stream) {
    return cont ? value(cont[stream]) : 1.f;
}

// gates (n, 4 d): what goes in, beside from_static, becomes i, f, o, g. c_kept: the state before,
// times cont; next_h and next_c get that of the next step.
KERNEL(lstm_step)
(float* gates, const float* from_static, const float* c_kept, real* h, const FLAG* next_cont,
 float* next_h, float* next_c, int n, int d) {
    EACH(i, n * d) {
        const unsigned stream = i / d, first = 4 * stream * d + (i - stream * d);
        float in[4];
        for (int k = 0; k < 4; ++k) {
            in[k] = gates[first + k * d];
            if (from_static) in[k] += from_static[first + k * d];
        }
        const Gates y = opened(in[0], in[1], in[2], in[3]);
        gates[first] = y.i;
        gates[first + d] = y.f;
        gates[first + 2 * d] = y.o;
        gates[first + 3 * d] = y.g;
        const float c = y.f * c_kept[i] + y.i * y.g, made = y.o * tanhf(c);
        const float cont = flag_at(next_cont, stream);
        h[i] = number(made);
        next_h[i] = made * cont;
        next_c[i] = c * cont;
    }
}

// dh, dc (n, d): gradients that come from later steps; dh, not yet times next_cont, has dy beside
// it. dc becomes what goes to the step before. limit: of gradients, above 0, or 0.
KERNEL(lstm_step_backward)
(const float* gates, const float* c_kept, const real* dy, const FLAG* cont, const FLAG* next_cont,
 const float* dh, float* dc, float* gate_diffs, float limit, int n, int d) {
    EACH(i, n * d) {
        const unsigned stream = i / d, first = 4 * stream * d + (i - stream * d);
        const Gates y = {gates[first], gates[first + d], gates[first + 2 * d],
                         gates[first + 3 * d]};
        float of_c = dc[i];
        const Gates diffs =
            gradients(y, c_kept[i], value(dy[i]) + dh[i] * flag_at(next_cont, stream), of_c);
        const float found[4] = {diffs.i, diffs.f, diffs.o, diffs.g};
        for (int k = 0; k < 4; ++k)
            gate_diffs[first + k * d] = limit > 0 ? clamped(found[k], -limit, limit) : found[k];
        dc[i] = of_c * flag_at(cont, stream);
    }
}

// states (n, d): what goes in, beside from_static, becomes h.
KERNEL(rnn_step)
(float* states, const float* from_static, const FLAG* next_cont, float* next_h, int n, int d) {
    EACH(i, n * d) {
        const float h = tanhf(states[i] + (from_static ? from_static[i] : 0.f));
        states[i] = h;
        next_h[i] = h * flag_at(next_cont, i / d);
    }
}

// dh: as in lstm_step_backward; dh_of_y: the gradient of h that y alone gives.
KERNEL(rnn_step_backward)
(const float* states, const float* dh_of_y, const FLAG* next_cont, const float* dh, float* diffs,
 int n, int d) {
    EACH(i, n * d) {
        const float h = states[i];
        diffs[i] = (dh_of_y[i] + dh[i] * flag_at(next_cont, i / d)) * (1 - h * h);
    }
}

KERNEL(tanh_forward)(const float* x, real* y, int count) {
    EACH(i, count) { y[i] = number(tanhf(x[i])); }
}

KERNEL(tanh_backward)(const real* y, const real* dy, float* dx, int count) {
    EACH(i, count) {
        const float v = value(y[i]);
        dx[i] = value(dy[i]) * (1 - v * v);
    }
}
