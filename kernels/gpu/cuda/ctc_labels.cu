// Labels and steps of sequences; see layers/families/ctc_loss.py.
#include "first_where.cuh"
#include "numbers.cuh"
#include "scan.cuh"

#define NOTHING (-1)

// The labels of a sequence, as they lie in their blob.
struct Reader {
    const float* labels;
    int step, classes, blank, skips_blanks, rest;
    int* fault;

    __device__ bool is_end(int i) const { return labels[i * step] < 0; }

    // The class of a label; NOTHING where it is none, or the blank. `fault` gets `rest` where a
    // label cannot be.
    __device__ int class_of(int i) const {
        const float label = labels[i * step];
        const bool is_class = label < (float)classes;  // and not NaN
        const int k = is_class ? (int)label : NOTHING;
        if (k != blank && is_class) return k;
        if (!(is_class && skips_blanks)) atomicMax(fault, rest);
        return NOTHING;
    }

    __device__ int class_before(int i) const {
        int k = NOTHING;
        while (k == NOTHING && i > 0) k = class_of(--i);
        return k;
    }
};

// A number cut to a whole one, as far as that is in [0, most].
__device__ __forceinline__ int length_of(float length, int most, int* fault, int rest) {
    const float whole = truncf(length);
    if (whole >= 0 && whole <= (float)most) return (int)whole;
    atomicMax(fault, rest);
    return 0;
}

// A block for each sequence; it has `time` steps unless lengths or cont say so. Label i of sequence
// n is labels[n * sequence_step + i * step].
// found    (sequences, room): its labels, counts of them
// firsts   for each of these, the first one of its class; nexts: the next one, or how many there are
// steps    how many there are after `delay`
KERNEL(read_labels)
(const float* labels, int sequences, int room, int step, int sequence_step, const float* cont,
 const float* lengths, const float* sizes, int time, int delay, int classes, int blank,
 int collapses, int* fault, int* found, int* counts, int* firsts, int* nexts, int* steps) {
    const int n = blockIdx.x, rest = sequences - n, skips_blanks = !cont && !lengths;
    int most = room, length = time;
    if (lengths) {
        length = length_of(lengths[n], time, fault, rest);
        most = length_of(sizes[n], room, fault, rest);
    }
    if (cont && time > 0) {
        // What rounds to 0, as the host rounds; the first step is always there.
        length = 1 + first_where(time - 1, [&](int t) {
            const float v = cont[(size_t)(t + 1) * sequences + n];
            return v > -1.5f && v < 0.5f;
        });
    }
    const Reader reader = {labels + (size_t)n * sequence_step, step, classes, blank, skips_blanks,
                           rest, fault};
    const int end = first_where(most, [&](int i) { return reader.is_end(i); });
    found += (size_t)n * room;
    int count = 0;
    for (int start = 0; start < end; start += blockDim.x) {
        const int i = start + threadIdx.x, k = i < end ? reader.class_of(i) : NOTHING;
        const bool keeps = k != NOTHING && !(collapses && reader.class_before(i) == k);
        int all;
        const int place = count + block_scan((int)keeps, &all);
        if (keeps) found[place] = k;
        count += all;
    }
    __syncthreads();
    firsts += (size_t)n * room;
    nexts += (size_t)n * room;
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        int first = 0, next = i + 1;
        while (found[first] != found[i]) ++first;
        while (next < count && found[next] != found[i]) ++next;
        firsts[i] = first;
        nexts[i] = next;
    }
    if (threadIdx.x != 0) return;
    counts[n] = count;
    steps[n] = cont && count == 0 ? 0 : max(length - delay, 0);
}
