// What YOLO's grids are sure of; see layers/families/yolo_detections.py. Boxes of an item are
// numbered by grid, cell and box of the cell, candidates by box and class.
#include "center_boxes.cuh"
#include "suppression.cuh"
#include "yolo_boxes.cuh"

#define ROW 7  // item, class + 1, confidence, left, top, right, bottom

// The candidates of a batch.
struct Candidates {
    float4* boxes;    // (items, all_boxes), those of candidates
    Entry* entries;   // (items, room), by confidence
    int* candidates;  // (items): how many there are
    int all_boxes, room, classes;

    __device__ void add(unsigned item, int box, int label, float confidence) const {
        const int place = atomicAdd(candidates + item, 1);
        const unsigned number = box * classes + label;
        entries[(size_t)item * room + place] = entry_of(key_of(confidence), number);
    }

    __device__ float4 box(int item, Entry entry) const {
        return boxes[(size_t)item * all_boxes + number_of(entry) / classes];
    }
};

// The arguments of a Candidates besides `classes`, and itself.
#define CANDIDATES float4 *boxes, Entry *entries, int *candidates, int all_boxes, int room
#define THE_CANDIDATES {boxes, entries, candidates, all_boxes, room, classes}

// Finds the first of the likeliest classes; returns the sum of a softmax in which that has 1.
__device__ float softmax_sum(const real* scores, int classes, int stride, int* label) {
    float most = -INFINITY, sum = 0, best = -1;
    for (int i = 0; i < classes; ++i) most = larger(value(scores[i * stride]), most);
    for (int i = 0; i < classes; ++i) {
        const float v = expf(value(scores[i * stride]) - most);
        if (v > best) best = v, *label = i;
        sum += v;
    }
    return sum;
}

// Adds a box for each class above `least`, or for the best of them only.
__device__ void add_classes(const Candidates& all, const real* scores, int stride, float sure,
                            float least, unsigned item, int box, bool best_only) {
    float best = least;
    int best_label = -1;
    for (int i = 0; i < all.classes; ++i) {
        const float confidence = __fmul_rn(chance(value(scores[i * stride])), sure);
        if (!(confidence > best)) continue;
        if (best_only) best = confidence, best_label = i;
        else all.add(item, box, i, confidence);
    }
    if (best_label >= 0) all.add(item, box, best_label, best);
}

// Adds the candidates of one grid with so many boxes, which are numbered from `first` on. SOFTMAX:
// whether only the likeliest class of a box counts, from `least` on; else each does that is above.
KERNEL(find_candidates)
(GRID, int count, int first, float least, float threshold, CANDIDATES) {
    const Grid grid = THE_GRID;
    const Candidates all = THE_CANDIDATES;
    EACH(i, count) {
        const real* numbers = grid.of_box(i);
        // Most boxes end here: no class is more likely than that there is an object.
        const float sure = chance(value(numbers[(FIELDS - 1) * stride]));
        if (!(SOFTMAX ? sure >= least : sure > least)) continue;
        const Spot at = grid.spot(i);
        const int number = first + (at.row * width + at.column) * num + at.box;
        const float4 box = grid.decode(numbers, at);
        boxes[(size_t)at.item * all_boxes + number] = box;
        const real* scores = numbers + FIELDS * stride;
        if (SOFTMAX) {
            int label = 0;
            const float confidence = sure / softmax_sum(scores, classes, stride, &label);
            if (confidence >= least) all.add(at.item, number, label, confidence);
        } else {
            // What keeps it out for its best class does so for the others, or it does itself.
            const bool best_only = center_overlap(box, box) >= threshold;
            add_classes(all, scores, stride, sure, least, at.item, number, best_only);
        }
    }
}

// A box is kept if it overlaps none kept before by the threshold or more; NaN is no overlap.
struct Apart {
    float threshold;

    __device__ bool keeps(float nearest) const { return !(nearest >= threshold); }
    __device__ void on_kept() const {}
    __device__ float nearer(float nearest, float4 box, float4 kept) const {
        const float v = center_overlap(box, kept);
        return v > nearest ? v : nearest;
    }
};

// Sorts entries, in `space` for GROUP of them if they are no more.
__device__ void sort_in(Entry* space, Entry* entries, int count) {
    if (count > GROUP) return sort_entries(entries, count);
    for (int i = threadIdx.x; i < count; i += blockDim.x) space[i] = entries[i];
    __syncthreads();
    sort_entries(space, count);
    for (int i = threadIdx.x; i < count; i += blockDim.x) entries[i] = space[i];
    __syncthreads();
}

// How near boxes are to those of the entries that are kept already.
__device__ void meet_kept(const Apart& rule, const Candidates& all, int item, const Entry* entries,
                          int kept, const float4* boxes, float* nearest, int count) {
    __shared__ float4 others[GROUP];
    for (int start = 0; start < kept; start += GROUP) {
        const int those = min(GROUP, kept - start);
        for (int i = threadIdx.x; i < those; i += blockDim.x)
            others[i] = all.box(item, entries[start + i]);
        __syncthreads();
        for (int i = threadIdx.x; i < count; i += blockDim.x)
            for (int k = 0; k < those && rule.keeps(nearest[i]); ++k)
                nearest[i] = rule.nearer(nearest[i], boxes[i], others[k]);
        __syncthreads();
    }
}

// A block for each item. Sorts its candidates, and looks at GROUP of them at a time: which of them
// are near to what is kept already, and then to one another. counts: how many are kept, which are
// the first entries then. candidates is 0 again for the next pass.
WIDE_KERNEL(suppress_candidates)(CANDIDATES, int classes, float threshold, int* counts) {
    __shared__ Entry its[GROUP];
    __shared__ float4 its_boxes[GROUP];
    __shared__ float nearest[GROUP];
    const Candidates all = THE_CANDIDATES;
    const Apart rule = {threshold};
    const int item = blockIdx.x, found = candidates[item];
    entries += (size_t)item * room;
    sort_in(its, entries, found);
    int kept = 0;
    for (int first = 0; first < found; first += GROUP) {
        const int here = min(GROUP, found - first);
        for (int i = threadIdx.x; i < here; i += blockDim.x) {
            its[i] = entries[first + i];
            its_boxes[i] = all.box(item, its[i]);
            nearest[i] = -INFINITY;
        }
        meet_kept(rule, all, item, entries, kept, its_boxes, nearest, here);
        __syncthreads();
        const int added = suppress(rule, its_boxes, nearest, here, its);
        for (int i = threadIdx.x; i < added; i += blockDim.x) entries[kept + i] = its[i];
        kept += added;
        __syncthreads();
    }
    if (threadIdx.x == 0) counts[item] = kept, candidates[item] = 0;
}

// A block for each item. starts: see found_rows.cu. Where nothing was found at all, each item has a
// row that says so.
KERNEL(write_rows)(CANDIDATES, int classes, int items, const int* starts, float* rows) {
    const Candidates all = THE_CANDIDATES;
    const int item = blockIdx.x, first = starts[item], found = starts[item + 1] - first;
    if (starts[items] == 0 && threadIdx.x < ROW)
        rows[item * ROW + threadIdx.x] = threadIdx.x == 0 ? (float)item : -1.f;
    for (int i = threadIdx.x; i < found; i += blockDim.x) {
        const Entry entry = entries[(size_t)item * room + i];
        const float4 box = corners(all.box(item, entry));
        float* row = rows + (size_t)(first + i) * ROW;
        row[0] = item;
        row[1] = number_of(entry) % classes + 1;
        row[2] = keyed(key_of_entry(entry));
        row[3] = box.x;
        row[4] = box.y;
        row[5] = box.z;
        row[6] = box.w;
    }
}
