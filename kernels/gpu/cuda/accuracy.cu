// How many labels are among the top_k classes with the largest x; see places.cuh and labels.cuh.
// Counts are added to by atomics: whole numbers, whose order does not matter.
#include "labels.cuh"
#include "numbers.cuh"
#include "places.cuh"

// totals: hits, and labels that counted. of_classes: the same for each class, or null. A score that
// equals the label's counts as larger, and so does NaN.
KERNEL(count)
(const real* xs, int places, int classes, int inner, const float* labels, int ignores, int ignored,
 int* fault, int top_k, int* totals, int* of_classes) {
    int hits = 0, counted = 0;
    EACH_PLACE(place, places) {
        const int label = class_of(place, places, classes, labels, ignores, ignored, fault);
        if (label < 0) continue;
        const float right = value(xs[first_of(place, classes, inner) + label * inner]);
        int rank = 0;
        EACH_OF_PLACE(c, i, place, classes, inner) rank += !(value(xs[i]) < right);
        const int hit = over_lanes<Sum>(rank) <= top_k;
        if (LANE != 0) continue;
        hits += hit;
        ++counted;
        if (of_classes) {
            atomicAdd(of_classes + label, hit);
            atomicAdd(of_classes + classes + label, 1);
        }
    }
    hits = block_sum(hits);
    counted = block_sum(counted);
    if (threadIdx.x != 0) return;
    atomicAdd(totals, hits);
    atomicAdd(totals + 1, counted);
}

__device__ float share(int* hits, int* counted) {
    const float result = (float)*hits / (float)max(*counted, 1);
    // For the next pass.
    *hits = *counted = 0;
    return result;
}

KERNEL(finish)(int* totals, int* of_classes, int classes, float* accuracy, float* accuracies) {
    EACH(c, of_classes ? classes : 0) {
        accuracies[c] = share(of_classes + c, of_classes + classes + c);
    }
    if (blockIdx.x == 0 && threadIdx.x == 0) *accuracy = share(totals, totals + 1);
}
