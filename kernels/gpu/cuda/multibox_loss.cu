// The loss of a detector's codes of locations, and its scores; see layers/multibox_loss.py.
// matches: for each place the object that it is to find, NONE where there is nothing to find, and
// LEFT_OUT where nothing counts; OWN_MATCHES: 1 where a place has one for each class of locations.
// boxes and labels: the objects'. one_label, none: see matches.cuh.
#include "location_loss.cuh"
#include "matches.cuh"
#include "score_loss.cuh"

// The match that a place's scores should tell of; of several, the last.
__device__ __forceinline__ int match_of(const int* matches, unsigned place, int classes) {
    if (!OWN_MATCHES) return matches[place];
    matches += place * classes;
    int c = classes - 1;
    while (c > 0 && matches[c] < 0) --c;
    return matches[c];
}

// The match of a place's location of class c, or below 0. Classes have one each, or all the same.
__device__ __forceinline__ int match_in(const int* matches, const int* labels, unsigned place,
                                        int c, int classes) {
    if (OWN_MATCHES) return matches[place * classes + c];
    const int match = matches[place];
    return match < 0 || classes == 1 || c == labels[match] ? match : NONE;
}

// For each block: sums of its location and score losses, and how many matches there are.
KERNEL(sum_losses)
(const real* scores, int places, int classes, const float* priors, int count, const real* moves,
 const real* predictions, const real* codes, int location_classes, const float* boxes,
 const int* labels, const int* matches, int one_label, int none, double* location_sums,
 double* score_sums, int* counts) {
    const Anchors anchors = {priors, (unsigned)count, moves, predictions};
    double location_sum = 0, score_sum = 0;
    int found = 0;
    EACH_PLACE(place, places) {
        const int match = match_of(matches, place, location_classes);
        if (match < NONE) continue;
        const int target = target_of(match, labels, one_label, none);
        const float loss = score_loss(scores + place * classes, classes, target).loss;
        if (LANE == 0) score_sum += loss;
        for (int c = LANE; c < location_classes; c += LANES) {
            const int object = match_in(matches, labels, place, c, location_classes);
            if (object < 0) continue;
            const float4 code = box_at(codes + 4 * (place * location_classes + c));
            location_sum +=
                location_loss(differences(anchors, place, code, box_at(boxes + 4 * object)));
            ++found;
        }
    }
    location_sum = block_sum(location_sum);
    score_sum = block_sum(score_sum);
    found = block_sum(found);
    if (threadIdx.x != 0) return;
    location_sums[blockIdx.x] = location_sum;
    score_sums[blockIdx.x] = score_sum;
    counts[blockIdx.x] = found;
}

// One block. divisor: below 0, it is how many matches there are; divided_by: what it was.
KERNEL(finish)
(const double* location_sums, const double* score_sums, const int* counts, int blocks,
 float location_weight, float score_weight, float divisor, float* divided_by, float* loss) {
    double location_sum = 0, score_sum = 0;
    int found = 0;
    for (int i = threadIdx.x; i < blocks; i += blockDim.x) {
        location_sum += location_sums[i];
        score_sum += score_sums[i];
        found += counts[i];
    }
    location_sum = block_sum(location_sum);
    score_sum = block_sum(score_sum);
    found = block_sum(found);
    if (threadIdx.x != 0) return;
    *divided_by = divisor < 0 ? (float)max(found, 1) : divisor;
    *loss = (location_weight * (float)location_sum + score_weight * (float)score_sum) / *divided_by;
}

KERNEL(score_gradients)
(const real* scores, int places, int classes, const float*, int, const real*, const real*,
 const real*, int location_classes, const float*, const int* labels, const int* matches,
 int one_label, int none, const float* dloss, const float* divided_by, real* dscores) {
    const float scale = *dloss / *divided_by;
    EACH_PLACE(place, places) {
        const int match = match_of(matches, place, location_classes);
        const real* row = scores + place * classes;
        real* drow = dscores + place * classes;
        if (match < NONE) {
            for (int c = LANE; c < classes; c += LANES) drow[c] = number(0.f);
            continue;
        }
        const int target = target_of(match, labels, one_label, none);
        const ScoreLoss loss = score_loss(row, classes, target);
        for (int c = LANE; c < classes; c += LANES)
            drow[c] = number(scale * loss.slope(value(row[c]), c == target));
    }
}

KERNEL(location_gradients)
(const real*, int places, int, const float* priors, int count, const real* moves,
 const real* predictions, const real* codes, int location_classes, const float* boxes,
 const int* labels, const int* matches, int, int, float location_weight, const float* dloss,
 const float* divided_by, real* dcodes) {
    const Anchors anchors = {priors, (unsigned)count, moves, predictions};
    const float scale = *dloss / *divided_by * location_weight;
    EACH(i, places * location_classes) {
        const unsigned place = i / location_classes;
        const int c = i - place * location_classes;
        const int match = match_in(matches, labels, place, c, location_classes);
        float4 slopes = make_float4(0, 0, 0, 0);
        if (match >= 0) {
            const float4 d =
                differences(anchors, place, box_at(codes + 4 * i), box_at(boxes + 4 * match));
            slopes = make_float4(location_slope(d.x), location_slope(d.y), location_slope(d.z),
                                 location_slope(d.w));
        }
        dcodes[4 * i] = number(scale * slopes.x);
        dcodes[4 * i + 1] = number(scale * slopes.y);
        dcodes[4 * i + 2] = number(scale * slopes.z);
        dcodes[4 * i + 3] = number(scale * slopes.w);
    }
}
