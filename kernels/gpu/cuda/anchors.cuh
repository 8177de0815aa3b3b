// The boxes that a detector starts from: priors, for each item of the batch. A place is that of a
// prior p of an item, item * count + p.
#pragma once
#include "box_coding.cuh"

// numbers      (2, count, 4): boxes, and their variances
// moves        (items, count, 4), codes of a first stage, which moves the priors; or null
// predictions  codes of boxes that are matched with objects instead; or null
struct Anchors {
    const float* numbers;
    unsigned count;
    const real *moves, *predictions;

    __device__ float4 variances(unsigned p) const { return box_at(numbers + 4 * (count + p)); }

    __device__ float4 box(unsigned place, unsigned p) const {
        const float4 prior = box_at(numbers + 4 * p);
        return moves ? decode(prior, variances(p), box_at(moves + 4 * place)) : prior;
    }

    // What is matched with objects. slot: the number of its code among the predictions, which is
    // that of its place unless a place has several.
    __device__ float4 matched(unsigned place, unsigned p, unsigned slot) const {
        const float4 anchor = box(place, p);
        if (!predictions) return anchor;
        return decode(anchor, variances(p), box_at(predictions + 4 * slot));
    }
};

__device__ __forceinline__ bool is_outside(float corner) { return corner < 0 || corner > 1; }
