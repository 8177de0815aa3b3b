// Labels on the best path, and how far they are from the true ones; see
// layers/families/ctc_decoder.py.
#include "best_class.cuh"
#include "first_where.cuh"

// best: the class with the largest x at each place, of equals the first.
KERNEL(find_best)(const real* x, int places, int classes, int* best, float* largest) {
    EACH_PLACE(place, places) {
        const int found = best_class(x, place, classes, 1);
        if (LANE != 0) continue;
        best[place] = found;
        largest[place] = value(x[place * classes + found]);
    }
}

// A block for each sequence, of whose steps (steps, sequences) best and largest tell; cont, where
// it is there, ends it. labels (sequences, steps), counts of them; scores may be null.
KERNEL(read_path)
(const int* best, const float* largest, const float* cont, int sequences, int steps, int blank,
 int merges, float* labels, int* counts, float* scores) {
    const int n = blockIdx.x;
    int end = steps;
    if (cont && steps > 0) {
        end = 1 + first_where(steps - 1, [&](int t) {
            return cont[(size_t)(t + 1) * sequences + n] < 0.5f;
        });
    }
    best += n;
    largest += n;
    labels += (size_t)n * steps;
    int count = 0;
    double sum = 0;
    for (int start = 0; start < end; start += blockDim.x) {
        const int t = start + threadIdx.x;
        const size_t place = (size_t)t * sequences;
        const int k = t < end ? best[place] : blank;
        const bool keeps = k != blank && !(merges && t > 0 && best[place - sequences] == k);
        if (t < end) sum += largest[place];
        int all;
        const int before = count + block_scan((int)keeps, &all);
        if (keeps) labels[before] = k;
        count += all;
    }
    for (int i = count + threadIdx.x; i < steps; i += blockDim.x) labels[i] = -1;
    sum = block_sum(sum);
    if (threadIdx.x != 0) return;
    counts[n] = count;
    if (scores) scores[n] = (float)-sum;
}

// The true labels of a sequence, each `step` numbers after the one before.
struct Truth {
    const float* labels;
    int step;

    __device__ bool is_end(int i) const { return !(labels[i * step] >= 0); }
    __device__ int operator[](int i) const { return (int)(labels[i * step] + 0.5); }
};

// The least number of labels to insert, to take away or to change, to make one the other: a table
// of how far the first i of the one are from the first j of the other, by its diagonals. space has
// room for three of them.
__device__ int edit_distance(const Truth& one, int length, const float* other, int other_length,
                             int* space) {
    const int room = length + 1;
    for (int d = 0; d <= length + other_length; ++d) {
        int* row = space + d % 3 * room;
        const int* before = space + (d + 2) % 3 * room;
        const int* twice_before = space + (d + 1) % 3 * room;
        for (int i = max(0, d - other_length) + threadIdx.x; i <= min(length, d);
             i += blockDim.x) {
            const int j = d - i;
            int edits = d;
            if (i > 0 && j > 0) {
                const int changes = one[i - 1] != (int)other[j - 1];
                edits = min(min(before[i - 1], before[i]) + 1, twice_before[i - 1] + changes);
            }
            row[i] = edits;
        }
        __syncthreads();
    }
    return space[(length + other_length) % 3 * room + length];
}

// A block for each sequence. truth (most, sequences), ended by a negative number.
// errors: edit distance over the longer of the two; space: 3 (most + 1) numbers for each sequence
WIDE_KERNEL(find_errors)
(const float* truth, int most, const float* labels, const int* counts, int sequences, int steps,
 int* space, double* errors) {
    const int n = blockIdx.x, count = counts[n];
    const Truth its_truth = {truth + n, sequences};
    const int length = first_where(most, [&](int i) { return its_truth.is_end(i); });
    const float* its_labels = labels + (size_t)n * steps;
    space += (size_t)n * 3 * (most + 1);
    const int edits = edit_distance(its_truth, length, its_labels, count, space);
    if (threadIdx.x == 0) errors[n] = edits / (double)max(max(length, count), 1);
}

// One block.
KERNEL(finish)(const double* errors, int sequences, float* accuracy) {
    double sum = 0;
    for (int n = threadIdx.x; n < sequences; n += blockDim.x) sum += errors[n];
    sum = block_sum(sum);
    if (threadIdx.x == 0) *accuracy = (float)(1 - sum / max(sequences, 1));
}
