// Rows that were found in lists, one list after the other.
#include "numbers.cuh"
#include "scan.cuh"

// One block. starts: how many rows come before those of each list, and how many there are.
KERNEL(place_rows)(const int* counts, int lists, int* starts) {
    int before = 0;
    for (int start = 0; start < lists; start += blockDim.x) {
        const int list = start + threadIdx.x;
        int all;
        const int place = block_scan(list < lists ? counts[list] : 0, &all);
        if (list < lists) starts[list] = before + place;
        before += all;
    }
    if (threadIdx.x == 0) starts[lists] = before;
}
