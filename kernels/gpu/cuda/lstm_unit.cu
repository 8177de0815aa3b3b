// One step of n streams of an LSTM with d units each, from what goes into its gates. FLAG is the
// type of cont.
#include "lstm.cuh"
#include "numbers.cuh"

__device__ inline Gates gates_at(const real* gates, unsigned first, int d) {
    return opened(value(gates[first]), value(gates[first + d]), value(gates[first + 2 * d]),
                  value(gates[first + 3 * d]));
}

// c_prev, c, h (n, d), gates (n, 4 d), cont (n).
KERNEL(forward)
(const real* c_prev, const real* gates, const FLAG* cont, real* c, real* h, int n, int d) {
    EACH(i, n * d) {
        const unsigned stream = i / d;
        const Gates y = gates_at(gates, 4 * stream * d + (i - stream * d), d);
        const float made = y.f * value(c_prev[i]) * value(cont[stream]) + y.i * y.g;
        c[i] = number(made);
        h[i] = number(y.o * tanhf(made));
    }
}

// dc_prev or dgates may be null.
KERNEL(backward)
(const real* c_prev, const real* gates, const FLAG* cont, const real* dc, const real* dh,
 real* dc_prev, real* dgates, int n, int d) {
    EACH(i, n * d) {
        const unsigned stream = i / d, first = 4 * stream * d + (i - stream * d);
        const Gates y = gates_at(gates, first, d);
        const float flag = value(cont[stream]);
        float of_c = value(dc[i]);
        const Gates diffs = gradients(y, value(c_prev[i]) * flag, value(dh[i]), of_c);
        if (dc_prev) dc_prev[i] = number(of_c * flag);
        if (!dgates) continue;
        dgates[first] = number(diffs.i);
        dgates[first + d] = number(diffs.f);
        dgates[first + 2 * d] = number(diffs.o);
        dgates[first + 3 * d] = number(diffs.g);
    }
}
