// The best of many candidates, sorted, as one block finds them.
#pragma once
#include "entries.cuh"
#include "reduce.cuh"
#include "select.cuh"

#define SHORT 1024  // entries that are sorted in shared memory

// Sorts entries, the largest first, by bitonic merging: of each pair the larger one goes to the
// lower place. What lies past the end counts as smaller than all, and stays where it is.
__device__ __forceinline__ void sort_entries(Entry* entries, int count) {
    int half = 1;
    while (2 * half < count) half *= 2;
    for (int size = 2; size <= 2 * half; size *= 2) {
        for (int distance = size / 2; distance > 0; distance /= 2) {
            for (int i = threadIdx.x; i < half; i += blockDim.x) {
                const int low = 2 * i - (i & (distance - 1));
                // First both halves of a run, sorted already, are laid against each other.
                const int high = distance == size / 2 ? low ^ (size - 1) : low + distance;
                if (high >= count || entries[low] >= entries[high]) continue;
                const Entry smaller = entries[low];
                entries[low] = entries[high];
                entries[high] = smaller;
            }
            __syncthreads();
        }
    }
}

// Lists the candidates with the largest keys, `most` of them if there are so many, the best first;
// returns how many. A key of 0 is no candidate. All threads of the block must take part, at least
// DIGITS.
template <class Keys>
__device__ int list_best(const Keys& keys, int count, int most, Entry* entries) {
    __shared__ Entry few[SHORT];
    __shared__ int listed;
    int candidates = 0;
    for (int p = threadIdx.x; p < count; p += blockDim.x) candidates += keys[p] > 0;
    candidates = block_sum(candidates);
    const int wanted = min(most, candidates);
    if (wanted == 0) return 0;
    unsigned threshold = 0;
    int equals = 0;
    if (wanted < candidates) threshold = find_threshold(keys, count, wanted, &equals);
    Entry* list = wanted <= SHORT ? few : entries;
    if (threadIdx.x == 0) listed = 0;
    for (int start = 0; start < count; start += blockDim.x) {
        const int p = start + threadIdx.x;
        const unsigned key = p < count ? keys[p] : 0;
        int all;
        const int place = block_scan((int)(key == threshold), &all);
        if (key > threshold || (key == threshold && place < equals))
            list[atomicAdd(&listed, 1)] = entry_of(key, p);
        equals -= all;
    }
    __syncthreads();
    sort_entries(list, wanted);
    for (int i = threadIdx.x; list == few && i < wanted; i += blockDim.x) entries[i] = few[i];
    __syncthreads();
    return wanted;
}
