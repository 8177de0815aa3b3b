// How far a row of scores is from a label, and the slopes; see layers/families/score_loss.py.
// LOGISTIC: 1 for logistic, 0 for softmax. The lanes of a place share its row, and all take part;
// a label that is none of the classes is right for none.
#pragma once
#include "functions.cuh"
#include "numbers.cuh"
#include "places.cuh"

// log of FLT_MIN
#define LEAST_LOG (-87.33655f)

// What is to be known of a row for its slopes.
struct ScoreLoss {
    float loss, most, sum;

    __device__ float slope(float score, bool is_label) const {
        return (LOGISTIC ? sigmoid(score) : expf(score - most) / sum) - is_label;
    }
};

__device__ __forceinline__ ScoreLoss score_loss(const real* row, int classes, int label) {
    float loss = 0, most = -INFINITY, sum = 0;
    if constexpr (LOGISTIC) {
        for (int c = LANE; c < classes; c += LANES) {
            const float v = value(row[c]);
            loss += softplus(v) - (c == label ? v : 0.f);
        }
        loss = over_lanes<Sum>(loss);
    } else {
        for (int c = LANE; c < classes; c += LANES) most = fmaxf(most, value(row[c]));
        most = over_lanes<Largest>(most);
        float right = 0;
        for (int c = LANE; c < classes; c += LANES) {
            const float shifted = value(row[c]) - most;
            sum += expf(shifted);
            if (c == label) right = shifted;
        }
        sum = over_lanes<Sum>(sum);
        const float chance = over_lanes<Sum>(right) - logf(sum);
        loss = -(chance < LEAST_LOG ? LEAST_LOG : chance);
    }
    return {loss, most, sum};
}
