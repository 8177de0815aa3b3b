// Which places are to be learned from, item by item; see layers/families/mining.py.
#include "location_loss.cuh"
#include "matches.cuh"
#include "score_loss.cuh"
#include "suppression.cuh"

#define LEAST_AREA 1e-5f  // of boxes that are kept where others overlap them

// How hard each place is, as a key: the loss of its scores and, where matches are picked too, of
// its location. Places whose nearest object overlaps by neg_overlap are none to pick, nor, given
// chances (places, 2), those less likely something than `likely`.
KERNEL(find_losses)
(const real* scores, int places, int classes, const float* priors, int count, const real* moves,
 const real* predictions, const real* codes, int, const float* boxes, const int* labels,
 const int* matches, int one_label, int none, const float* nearest, const real* chances,
 float likely, float neg_overlap, unsigned* keys) {
    const Anchors anchors = {priors, (unsigned)count, moves, predictions};
    EACH_PLACE(place, places) {
        const int match = matches[place];
        bool is_candidate = PICKS_MATCHES || (match == NONE && nearest[place] < neg_overlap);
        if (chances) is_candidate &= value(chances[2 * place + 1]) >= likely;
        if (!is_candidate) {
            if (LANE == 0) keys[place] = 0;
            continue;
        }
        const int label = target_of(match, labels, one_label, none);
        float loss = score_loss(scores + place * classes, classes, label).loss;
        if (LANE != 0) continue;
        if (match >= 0)
            loss += location_loss(differences(anchors, place, box_at(codes + 4 * place),
                                              box_at(boxes + 4 * match)));
        keys[place] = key_of(loss);
    }
}

// How many places of an item are to be picked: ratio for each match or, where matches are picked
// too, `most`. All threads of the block must take part.
__device__ int wanted_of(const int* matches, int count, float ratio, int most) {
    if (PICKS_MATCHES) return most;
    int found = 0;
    for (int p = threadIdx.x; p < count; p += blockDim.x) found += matches[p] >= 0;
    found = block_sum(found);
    return (int)fminf(fmaxf(__fmul_rn((float)found, ratio), 0), (float)count);
}

// A box is kept if it overlaps none kept before by more than the threshold, so many of them.
struct Apart {
    float threshold;
    int wanted;

    __device__ bool keeps(float nearest) const { return wanted > 0 && nearest <= threshold; }
    __device__ void on_kept() { --wanted; }
    __device__ float nearer(float nearest, float4 box, float4 kept) const {
        return larger(nearest, overlap(box, kept));
    }
};

// A block for each item. Of its `room` largest keys, leaves those that are to be picked of boxes
// that overlap none of a larger key by more than the threshold, and makes the others 0. predicts:
// whether boxes are those that codes stand for, or else the priors. entries, boxes, nearest: space
// for `room` of each item.
WIDE_KERNEL(thin_out)
(const real*, int, int, const float* priors, int count, const real* moves, const real*,
 const real* codes, int, const float*, const int*, const int* matches, int, int, float ratio,
 int most, int predicts, float threshold, int room, Entry* entries, float4* boxes, float* nearest,
 unsigned* keys) {
    const Anchors anchors = {priors, (unsigned)count, moves, predicts ? codes : nullptr};
    const unsigned first = blockIdx.x * count;
    keys += first;
    entries += (size_t)blockIdx.x * room;
    boxes += (size_t)blockIdx.x * room;
    nearest += (size_t)blockIdx.x * room;
    const int wanted = wanted_of(matches + first, count, ratio, most);
    const int listed = list_best(keys, count, room, entries);
    for (int i = threadIdx.x; i < listed; i += blockDim.x) {
        const int p = number_of(entries[i]);
        boxes[i] = anchors.matched(first + p, p, first + p);
        nearest[i] = area(boxes[i]) >= LEAST_AREA ? 0 : NAN;  // which is below no threshold
    }
    __syncthreads();
    const int kept = suppress(Apart{threshold, wanted}, boxes, nearest, listed, entries);
    for (int p = threadIdx.x; p < count; p += blockDim.x) keys[p] = 0;
    __syncthreads();
    for (int i = threadIdx.x; i < kept; i += blockDim.x)
        keys[number_of(entries[i])] = key_of_entry(entries[i]);
}

// A block for each item. Picks the places of its largest keys, of equal ones the first. Of the
// others no match is left, and places without a match that are not picked are left out.
WIDE_KERNEL(pick)(const unsigned* keys, int count, float ratio, int most, int* matches) {
    const unsigned* its_keys = keys + blockIdx.x * count;
    int* its_matches = matches + blockIdx.x * count;
    int candidates = 0;
    for (int p = threadIdx.x; p < count; p += blockDim.x) candidates += its_keys[p] > 0;
    candidates = block_sum(candidates);
    const int wanted = min(wanted_of(its_matches, count, ratio, most), candidates);
    int equals = 0;
    // Without any, a key that none has.
    const unsigned threshold =
        wanted ? find_threshold(its_keys, count, wanted, &equals) : 0xffffffffu;
    for (int start = 0; start < count; start += blockDim.x) {
        const int p = start + threadIdx.x;
        const unsigned key = p < count ? its_keys[p] : 0;
        int all;
        const int place = block_scan((int)(key == threshold), &all);
        const bool is_picked = key > threshold || (key == threshold && place < equals);
        equals -= all;
        if (p >= count) continue;
        const int match = its_matches[p];
        if (!is_picked && (PICKS_MATCHES || match < 0)) its_matches[p] = LEFT_OUT;
    }
}
