// Which object each prior is to find; see layers/families/box_matching.py and prior_matching.py.
//
// First every object gets a prior, pair by pair from the largest overlap down. Instead of pair by
// pair this is found as in stable marriages, with the same result: each object asks for the prior
// that it overlaps most, each prior keeps who overlaps it most of those who ask, and who is turned
// down asks for the next one that would keep it.
#include "anchors.cuh"
#include "entries.cuh"
#include "matches.cuh"
#include "reduce.cuh"

#define LEAST_OVERLAP 1e-6f

// An overlap above 0, whose bits are its key, and whose it is; 0 is none.
__device__ __forceinline__ Entry claim_of(float overlap, unsigned number) {
    return entry_of(__float_as_uint(overlap), number);
}
__device__ __forceinline__ float overlap_of(Entry claim) {
    return __uint_as_float(key_of_entry(claim));
}

struct Matching {
    Anchors anchors;
    const float* boxes;  // of objects
    int inside_only;     // whether what reaches out of the image is matched with nothing

    __device__ bool leaves_out(float4 box) const {
        return inside_only &&
               (is_outside(box.x) || is_outside(box.y) || is_outside(box.z) || is_outside(box.w));
    }

    __device__ float overlap_with(int object, float4 box) const {
        const float v = overlap(box, box_at(boxes + 4 * object));
        return v > LEAST_OVERLAP ? v : 0.f;
    }

    // The best claim of an object on priors: on any, or, given their keepers, on those that would
    // keep it. All threads of the block must take part.
    __device__ Entry best_claim(int object, int item, const Entry* keepers) const {
        Entry best = 0;
        for (unsigned p = threadIdx.x; p < anchors.count; p += blockDim.x) {
            const unsigned place = item * anchors.count + p;
            const float4 box = anchors.matched(place, p);
            const float v = leaves_out(box) ? 0.f : overlap_with(object, box);
            if (v == 0 || (keepers && keepers[place] > claim_of(v, object))) continue;
            best = Largest::of(best, claim_of(v, p));
        }
        return block_max(best);
    }
};

// A block for each object that there may be. keepers: 0 before; for each place the best claim of
// an object. asked: which prior each object asks for.
KERNEL(ask)
(const float* priors, int count, const real* moves, const real* predictions, const float* boxes,
 int inside_only, const int* starts, int items, const int* items_of, int* asked, Entry* keepers) {
    const int object = blockIdx.x;
    if (object >= starts[items]) return;
    const Matching matching = {
        {priors, (unsigned)count, moves, predictions}, boxes, inside_only};
    const int item = items_of[object];
    const Entry best = matching.best_claim(object, item, nullptr);
    if (threadIdx.x != 0) return;
    asked[object] = best ? number_of(best) : NONE;
    if (best) atomicMax(keepers + item * count + number_of(best), claim_of(overlap_of(best), object));
}

// A block for each item: goes on until nobody is turned down.
KERNEL(settle)
(const float* priors, int count, const real* moves, const real* predictions, const float* boxes,
 int inside_only, const int* starts, int* asked, Entry* keepers) {
    const Matching matching = {
        {priors, (unsigned)count, moves, predictions}, boxes, inside_only};
    const int item = blockIdx.x;
    Entry* its_keepers = keepers + item * count;
    for (bool goes_on = true; goes_on;) {
        goes_on = false;
        for (int object = starts[item]; object < starts[item + 1]; ++object) {
            const int prior = asked[object];
            if (prior == NONE || number_of(its_keepers[prior]) == object) continue;
            const Entry best = matching.best_claim(object, item, keepers);
            if (threadIdx.x == 0) {
                asked[object] = best ? number_of(best) : NONE;
                if (best) its_keepers[number_of(best)] = claim_of(overlap_of(best), object);
            }
            goes_on = true;
            __syncthreads();
        }
    }
}

// matches: the object of each place, NONE or LEFT_OUT; nearest: its overlap with that object, or
// else the largest with any. Keepers have their objects, and priors with an overlap of at least
// `least` the one that they overlap most. mines: whether examples are picked; then places of items
// without objects are left out, or else none is. keepers are made 0, for the next pass.
KERNEL(match)
(const float* priors, int count, const real* moves, const real* predictions, const float* boxes,
 int inside_only, const int* starts, int places, float least, int mines, Entry* keepers,
 int* matches, float* nearest) {
    const Matching matching = {
        {priors, (unsigned)count, moves, predictions}, boxes, inside_only};
    EACH(place, places) {
        const unsigned item = place / count;
        const int first = starts[item], end = starts[item + 1];
        const float4 box = matching.anchors.matched(place, place - item * count);
        const bool is_left_out = matching.leaves_out(box);
        int match = mines && (is_left_out || first == end) ? LEFT_OUT : NONE;
        float best = 0;
        int best_object = NONE;
        for (int object = first; object < end && !is_left_out; ++object) {
            const float v = matching.overlap_with(object, box);
            if (v > best) best = v, best_object = object;
        }
        const Entry keeper = keepers[place];
        if (keeper) match = number_of(keeper), best = overlap_of(keeper);
        else if (best > 0 && best >= least) match = best_object;
        keepers[place] = 0;
        matches[place] = match;
        nearest[place] = best;
    }
}
