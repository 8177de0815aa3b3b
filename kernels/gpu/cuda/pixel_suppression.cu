// Non-maximum suppression of boxes in pixels, best first; see layers/families/pixel_boxes.py.
//
// Boxes go in groups, as many as a word has bits. Some rows of boxes at a time, find_overlaps notes
// which boxes after it each of them would keep out, and walk who is kept: group by group, as what
// is kept of one group keeps out boxes of all groups after it.
#include "numbers.cuh"

#define GROUP 64
typedef unsigned long long Word;

__device__ __forceinline__ float pixel_area(float4 box) {
    return __fmul_rn(box.z - box.x + 1, box.w - box.y + 1);
}

__device__ __forceinline__ bool keeps_out(float4 kept, float4 box, float threshold) {
    const float width = fminf(box.z, kept.z) - fmaxf(box.x, kept.x) + 1;
    const float height = fminf(box.w, kept.w) - fmaxf(box.y, kept.y) + 1;
    const float common = __fmul_rn(fmaxf(width, 0), fmaxf(height, 0));
    const float either = pixel_area(kept) + pixel_area(box) - common;
    return !(common <= __fmul_rn(threshold, either));
}

// What both kernels are told of boxes in several lists.
// boxes     (lists, room, 4), of which counts of each list are there
// first, rows  the rows at hand, multiples of GROUP
// most      how many of each list are kept at the most; kept, kept_counts: which, so far
// out       (lists, words): a bit for each box that cannot be kept, of those behind the rows so far
// masks     (lists, rows, words): a bit for each box that a row keeps out
#define LISTS                                                                               \
    const float4 *boxes, const int *counts, int room, int words, int first, int rows,       \
        float threshold, int most, int *kept, int *kept_counts, Word *out, Word *masks

// A block of GROUP threads for each group of rows and each word.
KERNEL(find_overlaps)(LISTS) {
    __shared__ float4 others[GROUP];
    const int groups = rows / GROUP;
    const int word = blockIdx.x % words, group = blockIdx.x / words % groups;
    const int list = blockIdx.x / words / groups, count = counts[list];
    const int lane = threadIdx.x, row = first + group * GROUP + lane;
    const int own_word = first / GROUP + group;
    if (word < own_word || word * GROUP >= count) return;
    if (first > 0 && kept_counts[list] >= most) return;
    boxes += (size_t)list * room;
    const int here = min(GROUP, count - word * GROUP);
    if (lane < here) others[lane] = boxes[word * GROUP + lane];
    __syncthreads();
    if (row >= count) return;
    if (first > 0 && out[(size_t)list * words + own_word] >> lane & 1) return;
    const float4 box = boxes[row];
    Word mask = 0;
    for (int i = word == own_word ? lane + 1 : 0; i < here; ++i)
        if (keeps_out(box, others[i], threshold)) mask |= (Word)1 << i;
    masks[((size_t)list * rows + group * GROUP + lane) * words + word] = mask;
}

// A block for each list.
KERNEL(walk)(LISTS) {
    __shared__ Word own[GROUP], picked;
    __shared__ int found;
    const int list = blockIdx.x, count = counts[list];
    int number = first > 0 ? kept_counts[list] : 0;
    kept += (size_t)list * most;
    out += (size_t)list * words;
    masks += (size_t)list * rows * words;
    for (int word = threadIdx.x; first == 0 && word < words; word += blockDim.x) out[word] = 0;
    for (int start = first; start < first + rows && start < count; start += GROUP) {
        const int word = start / GROUP, here = min(GROUP, count - start);
        if (number >= most) break;
        if (threadIdx.x < here) own[threadIdx.x] = masks[(size_t)threadIdx.x * words + word];
        __syncthreads();
        if (threadIdx.x == 0) {
            Word left_out = out[word], these = 0;
            for (int i = 0; i < here && number < most; ++i) {
                if (left_out >> i & 1) continue;
                left_out |= own[i];
                these |= (Word)1 << i;
                kept[number++] = start + i;
            }
            picked = these;
            found = number;
        }
        __syncthreads();
        number = found;
        for (int later = word + 1 + threadIdx.x; later * GROUP < count; later += blockDim.x) {
            Word left_out = 0;
            for (Word rest = picked; rest; rest &= rest - 1)
                left_out |= masks[(size_t)(__ffsll(rest) - 1) * words + later];
            out[later] |= left_out;
        }
        masks += (size_t)GROUP * words;
        __syncthreads();
    }
    if (threadIdx.x == 0) kept_counts[list] = number;
}
