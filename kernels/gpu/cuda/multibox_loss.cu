// The loss of a detector's codes of locations, and its scores; see layers/multibox_loss.py.
// matches: for each place the object that it is to find, NONE where there is nothing to find, and
// LEFT_OUT where nothing counts. boxes and labels: the objects'. one_label, none: see matches.cuh.
#include "location_loss.cuh"
#include "matches.cuh"
#include "score_loss.cuh"

// Which class's location counts; classes have one each, or all the same.
__device__ __forceinline__ int location_class(int label, int classes) {
    return classes == 1 ? 0 : label;
}

// For each block: sums of its location and score losses, and how many places have an object.
KERNEL(sum_losses)
(const real* scores, int places, int classes, const float* priors, int count, const real* moves,
 const real* predictions, const real* codes, int location_classes, const float* boxes,
 const int* labels, const int* matches, int one_label, int none, double* location_sums,
 double* score_sums, int* counts) {
    const Anchors anchors = {priors, (unsigned)count, moves, predictions};
    double location_sum = 0, score_sum = 0;
    int found = 0;
    EACH_PLACE(place, places) {
        const int match = matches[place];
        if (match < NONE) continue;
        const int target = target_of(match, labels, one_label, none);
        const float loss = score_loss(scores + place * classes, classes, target).loss;
        if (LANE != 0) continue;
        score_sum += loss;
        if (match < 0) continue;
        const int c = location_class(labels[match], location_classes);
        const float4 code = box_at(codes + 4 * (place * location_classes + c));
        location_sum +=
            location_loss(differences(anchors, place, code, box_at(boxes + 4 * match)));
        ++found;
    }
    location_sum = block_sum(location_sum);
    score_sum = block_sum(score_sum);
    found = block_sum(found);
    if (threadIdx.x != 0) return;
    location_sums[blockIdx.x] = location_sum;
    score_sums[blockIdx.x] = score_sum;
    counts[blockIdx.x] = found;
}

// One block. divisor: below 0, it is how many places have an object; divided_by: what it was.
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
 const real*, int, const float*, const int* labels, const int* matches, int one_label, int none,
 const float* dloss, const float* divided_by, real* dscores) {
    const float scale = *dloss / *divided_by;
    EACH_PLACE(place, places) {
        const int match = matches[place];
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
        const int match = matches[place], c = i - place * location_classes;
        float4 slopes = make_float4(0, 0, 0, 0);
        if (match >= 0 && c == location_class(labels[match], location_classes)) {
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
