// How many sequences of labels are read right off the best classes of their steps; see
// layers/labelsequence_accuracy.py.
#include "best_class.cuh"

KERNEL(find_best)(const real* xs, int places, int classes, int inner, int* best) {
    EACH_PLACE(place, places) {
        const int found = best_class(xs, place, classes, inner);
        if (LANE == 0) best[place] = found;
    }
}

// Calls take(i, place) for every i of `count` that is kept, `place` being how many are before it;
// returns how many there are. All threads of a warp must take part.
template <class Keeps, class Take> __device__ int each_kept(int count, Keeps keeps, Take take) {
    const int lane = threadIdx.x % 32;
    int before = 0;
    for (int start = 0; start < count; start += 32) {
        const int i = start + lane;
        const bool is_kept = i < count && keeps(i);
        const unsigned kept = __ballot_sync(0xffffffffu, is_kept);
        if (is_kept) take(i, before + __popc(kept & ((1u << lane) - 1)));
        before += __popc(kept);
    }
    return before;
}

// A warp for each sequence. truth: room for its labels without blanks. totals: sequences that are
// right, and all of them, added by atomics, since whole numbers have no order.
KERNEL(compare)
(const int* best, const float* labels, int sequences, int steps, int most, int blank, float* truth,
 int* totals) {
    int hits = 0, counted = 0;
    EACH_PLACE(n, sequences) {
        const int* path = best + n * steps;
        const float* its_labels = labels + n * most;
        float* its_truth = truth + n * most;
        const int length = each_kept(
            most, [&](int i) { return its_labels[i] != (float)blank; },
            [&](int i, int place) { its_truth[place] = its_labels[i]; });
        __syncwarp();
        int wrong = 0;
        const int found = each_kept(
            steps, [&](int t) { return path[t] != blank && (t == 0 || path[t] != path[t - 1]); },
            [&](int t, int place) {
                wrong |= place >= length || its_truth[place] != (float)path[t];
            });
        wrong = over_lanes<Largest>(wrong | (found != length));
        if (LANE != 0) continue;
        hits += !wrong;
        ++counted;
    }
    hits = block_sum(hits);
    counted = block_sum(counted);
    if (threadIdx.x != 0) return;
    atomicAdd(totals, hits);
    atomicAdd(totals + 1, counted);
}
