// Which object each prior is to find; see layers/families/box_matching.py and prior_matching.py.
//
// First every object gets a prior, pair by pair from the largest overlap down. Instead of pair by
// pair this is found as in stable marriages, with the same result: each object asks for the prior
// that it overlaps most, each prior keeps who overlaps it most of those who ask, and who is turned
// down asks for the next one that would keep it.
//
// Where priors are matched in each class for itself, an object asks only in its own class. A slot
// is that of a place and a class, place * classes + c, or else, with one of `classes`, a place.
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
    const int* labels;
    unsigned classes;
    int inside_only;  // whether what reaches out of the image is matched with nothing

    __device__ unsigned class_of(int object) const { return classes == 1 ? 0 : labels[object]; }

    __device__ unsigned slot_of(int object, unsigned place) const {
        return place * classes + class_of(object);
    }

    __device__ bool leaves_out(float4 box) const {
        return inside_only &&
               (is_outside(box.x) || is_outside(box.y) || is_outside(box.z) || is_outside(box.w));
    }

    __device__ float overlap_with(int object, float4 box) const {
        const float v = overlap(box, box_at(boxes + 4 * object));
        return v > LEAST_OVERLAP ? v : 0.f;
    }

    // The best claim of an object on priors: on any, or, given the keepers of slots, on those that
    // would keep it. All threads of the block must take part.
    __device__ Entry best_claim(int object, int item, const Entry* keepers) const {
        Entry best = 0;
        for (unsigned p = threadIdx.x; p < anchors.count; p += blockDim.x) {
            const unsigned place = item * anchors.count + p, slot = slot_of(object, place);
            const float4 box = anchors.matched(place, p, slot);
            const float v = leaves_out(box) ? 0.f : overlap_with(object, box);
            if (v == 0 || (keepers && keepers[slot] > claim_of(v, object))) continue;
            best = Largest::of(best, claim_of(v, p));
        }
        return block_max(best);
    }
};

#define MATCHING                                                                \
    const float *priors, int count, const real *moves, const real *predictions, \
        const float *boxes, const int *labels, int classes, int inside_only
#define THE_MATCHING                                                                     \
    {                                                                                    \
        {priors, (unsigned)count, moves, predictions}, boxes, labels, (unsigned)classes, \
            inside_only                                                                  \
    }

// A block for each object that there may be. keepers: 0 before; for each slot the best claim of an
// object. asked: which prior each object asks for.
KERNEL(ask)
(MATCHING, const int* starts, int items, const int* items_of, int* asked, Entry* keepers) {
    const int object = blockIdx.x;
    if (object >= starts[items]) return;
    const Matching matching = THE_MATCHING;
    const int item = items_of[object];
    const Entry best = matching.best_claim(object, item, nullptr);
    if (threadIdx.x != 0) return;
    asked[object] = best ? number_of(best) : NONE;
    if (!best) return;
    const unsigned slot = matching.slot_of(object, item * count + number_of(best));
    atomicMax(keepers + slot, claim_of(overlap_of(best), object));
}

// A block for each item: goes on until nobody is turned down.
WIDE_KERNEL(settle)(MATCHING, const int* starts, int* asked, Entry* keepers) {
    const Matching matching = THE_MATCHING;
    const int item = blockIdx.x, first = item * count;
    for (bool goes_on = true; goes_on;) {
        goes_on = false;
        for (int object = starts[item]; object < starts[item + 1]; ++object) {
            const int prior = asked[object];
            if (prior == NONE) continue;
            if (number_of(keepers[matching.slot_of(object, first + prior)]) == object) continue;
            const Entry best = matching.best_claim(object, item, keepers);
            if (threadIdx.x == 0) {
                asked[object] = best ? number_of(best) : NONE;
                if (best)
                    keepers[matching.slot_of(object, first + number_of(best))] =
                        claim_of(overlap_of(best), object);
            }
            goes_on = true;
            __syncthreads();
        }
    }
}

// matches: the object of each slot, NONE or LEFT_OUT; nearest: its overlap with that object, or
// else the largest with any. Keepers have their objects, and priors with an overlap of at least
// `least` the one that they overlap most. mines: whether examples are picked; then places of items
// without objects are left out, or else none is. keepers are made 0, for the next pass.
KERNEL(match)
(MATCHING, const int* starts, int slots, float least, int mines, Entry* keepers, int* matches,
 float* nearest) {
    const Matching matching = THE_MATCHING;
    EACH(slot, slots) {
        const unsigned place = slot / classes, item = place / count, c = slot - place * classes;
        const int first = starts[item], end = starts[item + 1];
        const float4 box = matching.anchors.matched(place, place - item * count, slot);
        const bool is_left_out = matching.leaves_out(box);
        int match = mines && (is_left_out || first == end) ? LEFT_OUT : NONE;
        float best = 0;
        int best_object = NONE;
        for (int object = first; object < end && !is_left_out; ++object) {
            if (matching.class_of(object) != c) continue;
            const float v = matching.overlap_with(object, box);
            if (v > best) best = v, best_object = object;
        }
        const Entry keeper = keepers[slot];
        if (keeper) match = number_of(keeper), best = overlap_of(keeper);
        else if (best > 0 && best >= least) match = best_object;
        keepers[slot] = 0;
        matches[slot] = match;
        nearest[slot] = best;
    }
}
