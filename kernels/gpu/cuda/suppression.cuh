// Non-maximum suppression of boxes by one block, one kept box after the other.
#pragma once
#include "best_first.cuh"

// Boxes, best first. A Rule says what keeps a box out:
//   keeps(nearest)    whether a box is kept that overlaps those kept so far by `nearest` at most
//   on_kept()         what a box that is kept changes for those after it
//   nearer(nearest, box, kept)  `nearest` of a box after this one was kept, too
// entries becomes those of the boxes that are kept; returns how many. nearest: 0 for each box. All
// threads of the block must take part.
template <class Rule>
__device__ int suppress(Rule rule, const float4* boxes, float* nearest, int count, Entry* entries) {
    int kept = 0;
    for (int place = 0; place < count; ++place) {
        // All threads see the same: whoever is ahead writes behind this place only.
        if (!rule.keeps(nearest[place])) continue;
        if (threadIdx.x == 0) entries[kept] = entries[place];
        ++kept;
        rule.on_kept();
        const float4 box = boxes[place];
        for (int i = place + 1 + threadIdx.x; i < count; i += blockDim.x)
            nearest[i] = rule.nearer(nearest[i], boxes[i], box);
        __syncthreads();
    }
    return kept;
}
