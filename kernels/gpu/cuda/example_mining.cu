// Which places are to be learned from, item by item; see layers/families/mining.py.
#include "location_loss.cuh"
#include "matches.cuh"
#include "score_loss.cuh"
#include "select.cuh"

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

// A block for each item. Picks the places of its largest keys, of equal ones the first, ratio for
// each match or, where matches are picked too, `most`. Of the others no match is left, and places
// without a match that are not picked are left out.
KERNEL(pick)(const unsigned* keys, int count, float ratio, int most, int* matches) {
    const unsigned* its_keys = keys + blockIdx.x * count;
    int* its_matches = matches + blockIdx.x * count;
    int candidates = 0, found = 0;
    for (int p = threadIdx.x; p < count; p += blockDim.x) {
        candidates += its_keys[p] > 0;
        found += its_matches[p] >= 0;
    }
    candidates = block_sum(candidates);
    found = block_sum(found);
    if (!PICKS_MATCHES) most = (int)fminf(fmaxf(__fmul_rn((float)found, ratio), 0), (float)count);
    const int wanted = min(most, candidates);
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
