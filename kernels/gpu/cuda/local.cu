// Filters of their own at every place: y[n, m, o] = the sum over taps k of w[m, k, o] times what k
// sees of x at place o, and b[m, o]. w (m, taps, places) and b (m, places) are float and dense.
#include "correlation.cuh"

// One thread for each (n, m, o), o running fastest; rows are (n, o).
KERNEL(forward)
(const real* x, const float* w, const float* b, real* y, const int4* taps, const int* places,
 const int* correlation, const int* phases, int outs, int count) {
    const Correlation it = *(const Correlation*)correlation;
    const Phase phase = *(const Phase*)phases;
    EACH(i, count) {
        const int o = i % outs, m = i / outs % it.columns, n = i / outs / it.columns;
        const Place place = place_of(n * outs + o, phase.count);
        const Spot spot = spot_of(it, phase, place);
        const float* filters = w + (unsigned)m * phase.end * outs + o;
        float sum = b ? b[m * outs + o] : 0.f;
        for (int tap = 0; tap < phase.end; ++tap)
            sum += filters[(unsigned)places[tap] * outs] * seen(x, it.source_size, spot, taps[tap]);
        y[target_of(it, phase, place) + m * it.target_channel] = number(sum);
    }
}

// One thread for each number of x, from the gradient of y, the source here. Tap places[tap] of
// channel 0 is `kernel` taps before that of channel 1.
KERNEL(backward_data)
(const real* dy, const float* w, real* dx, const int4* taps, const int* places,
 const int* correlation, const int* all_phases, int rows, int kernel, int outs, int count) {
    const Correlation it = *(const Correlation*)correlation;
    const Phase* phases = (const Phase*)all_phases;
    const int height = it.source_size[1], width = it.source_size[2];
    EACH(i, count) {
        const int row = i % rows, c = i / rows % it.columns;
        const Phase& phase = phases[i / rows / it.columns];
        if (row >= phase.rows) continue;
        const Place place = place_of(row, phase.count);
        const Spot spot = spot_of(it, phase, place);
        float sum = 0;
        for (int tap = phase.begin; tap < phase.end; ++tap) {
            const int4 by = taps[tap];
            const int o = ((spot.at[0] + by.y) * height + spot.at[1] + by.z) * width +
                          spot.at[2] + by.w;
            const unsigned filter = places[tap] + c * kernel;
            const float gradient = seen(dy, it.source_size, spot, by);
            // Outside of the map there is no filter.
            if (gradient != 0) sum += gradient * w[filter * outs + o];
        }
        dx[target_of(it, phase, place) + c * it.target_channel] = number(sum);
    }
}

// One thread for each number of dw.
KERNEL(backward_filters)
(const real* x, const real* dy, float* dw, const int4* taps, const int* places,
 const int* correlation, const int* phases, int outs, int count, int adds) {
    const Correlation it = *(const Correlation*)correlation;
    const Phase phase = *(const Phase*)phases;
    EACH(i, count) {
        const int o = i % outs, tap = i / outs % phase.end, m = i / outs / phase.end;
        const int4 by = taps[tap];
        float sum = 0;
        for (int n = 0; n < it.items; ++n) {
            const Place place = place_of(n * outs + o, phase.count);
            sum += value(dy[target_of(it, phase, place) + m * it.target_channel]) *
                   seen(x, it.source_size, spot_of(it, phase, place), by);
        }
        float* to = dw + ((unsigned)m * phase.end + places[tap]) * outs + o;
        *to = adds ? *to + sum : sum;
    }
}
