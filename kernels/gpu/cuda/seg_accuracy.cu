// How many labelled pixels of each class are taken for which, and three accuracies of that; see
// layers/seg_accuracy.py. Counts are added to by atomics: whole numbers, whose order does not
// matter.
#include "best_class.cuh"
#include "labels.cuh"

#define FEW 64  // classes whose pixels each block counts by itself first

__device__ __forceinline__ bool is_one_of(float label, const float* ignored, int ignored_count) {
    for (int k = 0; k < ignored_count; ++k)
        if (truncf(label) == ignored[k]) return true;
    return false;
}

// counts[i, j]: pixels of class i that are taken for class j, the last one of the best.
KERNEL(count)
(const real* xs, int places, int classes, int inner, const float* labels, const float* ignored,
 int ignored_count, int* fault, int* counts) {
    __shared__ int of_block[FEW * FEW];
    const int size = classes <= FEW ? classes * classes : 0;
    for (int i = threadIdx.x; i < size; i += blockDim.x) of_block[i] = 0;
    __syncthreads();
    int* target = size ? of_block : counts;
    EACH_PLACE(place, places) {
        if (is_one_of(labels[place], ignored, ignored_count)) continue;
        const int label = class_of(place, places, classes, labels, 0, 0, fault);
        if (label < 0) continue;
        const int best = best_class(xs, place, classes, inner, true);
        if (LANE == 0) atomicAdd(target + label * classes + best, 1);
    }
    __syncthreads();
    for (int i = threadIdx.x; i < size; i += blockDim.x)
        if (of_block[i]) atomicAdd(counts + i, of_block[i]);
}

__device__ __forceinline__ double share(long long part, long long whole) {
    return (double)part / (double)whole;
}

// One block of whole warps. matrix: the counts of this pass and, if it goes on, of those before;
// counts are 0 then, for the next one. ys: the accuracies of all pixels and of the mean class, and
// the mean intersection over union.
WIDE_KERNEL(finish)(int* counts, long long* matrix, int classes, int goes_on, float* ys) {
    for (int i = threadIdx.x; i < classes * classes; i += blockDim.x) {
        matrix[i] = (goes_on ? matrix[i] : 0) + counts[i];
        counts[i] = 0;
    }
    __syncthreads();
    long long right = 0, labelled = 0;
    double recall = 0, overlap = 0;
    int occurring = 0;
    EACH_PLACE(c, classes) {
        long long of_class = 0, taken = 0;
        for (int other = LANE; other < classes; other += LANES) {
            of_class += matrix[c * classes + other];
            taken += matrix[other * classes + c];
        }
        of_class = over_lanes<Sum>(of_class);
        taken = over_lanes<Sum>(taken);
        if (LANE != 0) continue;
        const long long hits = matrix[c * classes + c], either = of_class + taken - hits;
        right += hits;
        labelled += of_class;
        recall += of_class > 0 ? share(hits, of_class) : 0;
        overlap += either > 0 ? share(hits, either) : 1;
        occurring += of_class > 0;
    }
    right = block_sum(right);
    labelled = block_sum(labelled);
    recall = block_sum(recall);
    overlap = block_sum(overlap);
    occurring = block_sum(occurring);
    if (threadIdx.x != 0) return;
    ys[0] = (float)share(right, labelled > 0 ? labelled : 1);
    ys[1] = (float)(recall / max(occurring, 1));
    ys[2] = (float)(overlap / classes);
}
