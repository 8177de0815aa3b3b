// The objects that a detector found, class by class; see layers/detection_output.py. A list holds
// those of one item and one class: there are `labels` for each item, one for each class but the
// background, and room for `room` objects in each.
#include "anchors.cuh"
#include "functions.cuh"
#include "suppression.cuh"

#define ROW 7  // item, label, score, xmin, ymin, xmax, ymax

// What a detector gives for the priors of a batch, and which of it counts.
struct Detector {
    Anchors anchors;
    const real* locations;
    int location_classes;
    const real *scores, *chances;
    int classes, background, labels;
    float likely, least;

    __device__ int label_of(int list) const {
        const int label = list % labels;
        return label + (label >= background);
    }

    __device__ unsigned place_of(int list, int p) const {
        return list / labels * anchors.count + p;
    }

    // Priors that are hardly anything are background for sure.
    __device__ float score(int list, int p) const {
        const unsigned place = place_of(list, p);
        if (chances && value(chances[2 * place + 1]) < likely) return 0;
        return value(scores[place * classes + label_of(list)]);
    }

    __device__ float4 box(int list, int p) const {
        const unsigned place = place_of(list, p);
        const int c = location_classes == 1 ? 0 : label_of(list);
        const float4 code = box_at(locations + 4 * (place * location_classes + c));
        const float4 box = decode(anchors.box(place, p), anchors.variances(p), code);
        if (!CLIP) return box;
        return make_float4(clamped(box.x, 0, 1), clamped(box.y, 0, 1), clamped(box.z, 0, 1),
                           clamped(box.w, 0, 1));
    }
};

#define DETECTOR                                                                                 \
    const float *priors, int count, const real *moves, const real *locations,                   \
        int location_classes, const real *scores, const real *chances, int classes,             \
        int background, int labels, float likely, float least
#define THE_DETECTOR                                                                             \
    {                                                                                            \
        {priors, (unsigned)count, moves, nullptr}, locations, location_classes, scores, chances, \
            classes, background, labels, likely, least                                           \
    }

// The keys of a list's scores.
struct Candidates {
    const Detector& detector;
    int list;

    __device__ unsigned operator[](int p) const {
        const float score = detector.score(list, p);
        return score > detector.least ? key_of(score) : 0;
    }
};

// A box is kept if it overlaps none kept before by more than the threshold.
struct Falling {
    float threshold, eta;

    __device__ bool keeps(float nearest) const { return nearest <= threshold; }
    __device__ void on_kept() {
        if (threshold > 0.5f) threshold *= eta;
    }
    __device__ float nearer(float nearest, float4 box, float4 kept) const {
        return larger(nearest, overlap(box, kept));
    }
};

// Blocks share the lists. entries, counts: what is left of the `room` best of each list. boxes,
// nearest: space for one list, for each block.
WIDE_KERNEL(find_objects)
(DETECTOR, int lists, int room, float threshold, float eta, float4* boxes, float* nearest,
 Entry* entries, int* counts) {
    const Detector detector = THE_DETECTOR;
    boxes += (size_t)blockIdx.x * room;
    nearest += (size_t)blockIdx.x * room;
    for (int list = blockIdx.x; list < lists; list += gridDim.x) {
        Entry* its_entries = entries + (size_t)list * room;
        const int found = list_best(Candidates{detector, list}, count, room, its_entries);
        for (int i = threadIdx.x; i < found; i += blockDim.x) {
            boxes[i] = detector.box(list, number_of(its_entries[i]));
            nearest[i] = 0;
        }
        __syncthreads();
        const int kept = suppress(Falling{threshold, eta}, boxes, nearest, found, its_entries);
        if (threadIdx.x == 0) counts[list] = kept;
    }
}

// The keys of what the lists of an item hold, one list after the other.
struct Listed {
    const Entry* entries;
    const int* counts;
    int room;

    __device__ unsigned operator[](int i) const {
        const int list = i / room;
        return i - list * room < counts[list] ? key_of_entry(entries[i]) : 0;
    }
};

// How many entries of a sorted list are at least `least`.
__device__ int count_reaching(const Entry* entries, int count, Entry least) {
    int low = 0;
    while (low < count) {
        const int middle = (low + count) / 2;
        if (entries[middle] >= least) low = middle + 1;
        else count = middle;
    }
    return low;
}

// A block for each item. Shortens its lists to what is among the best `most` of them all, of equal
// ones what comes first.
WIDE_KERNEL(keep_best)(const Entry* entries, int labels, int room, int most, int* counts) {
    entries += (size_t)blockIdx.x * labels * room;
    counts += blockIdx.x * labels;
    int found = 0;
    for (int label = threadIdx.x; label < labels; label += blockDim.x) found += counts[label];
    found = block_sum(found);
    if (found <= most) return;
    unsigned threshold = ~1u;  // which is no number's key
    int equals = 0;
    if (most > 0)
        threshold = find_threshold(Listed{entries, counts, room}, labels * room, most, &equals);
    for (int start = 0; start < labels; start += blockDim.x) {
        const int label = start + threadIdx.x;
        const Entry* list = entries + (size_t)label * room;
        const int count = label < labels ? counts[label] : 0;
        const int above = count_reaching(list, count, ((Entry)threshold + 1) << 32);
        const int ties = count_reaching(list, count, (Entry)threshold << 32) - above;
        int all;
        const int before = block_scan(ties, &all);
        if (label < labels) counts[label] = above + min(ties, max(equals - before, 0));
        equals -= all;
    }
}

// A block for each list. starts: see found_rows.cu. Where nothing was found at all, each item has a
// row that says so.
KERNEL(write_rows)
(DETECTOR, int lists, int room, const Entry* entries, const int* starts, float* rows) {
    const Detector detector = THE_DETECTOR;
    const int list = blockIdx.x, item = list / labels;
    if (starts[lists] == 0) {
        if (list % labels == 0 && threadIdx.x < ROW)
            rows[item * ROW + threadIdx.x] = threadIdx.x == 0 ? (float)item : -1.f;
        return;
    }
    const int first = starts[list], found = starts[list + 1] - first;
    for (int i = threadIdx.x; i < found; i += blockDim.x) {
        const int p = number_of(entries[(size_t)list * room + i]);
        const float4 box = detector.box(list, p);
        float* row = rows + (size_t)(first + i) * ROW;
        row[0] = item;
        row[1] = detector.label_of(list);
        row[2] = detector.score(list, p);
        row[3] = box.x;
        row[4] = box.y;
        row[5] = box.z;
        row[6] = box.w;
    }
}
