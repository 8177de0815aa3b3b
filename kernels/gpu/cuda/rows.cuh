// Rows of tables, named by numbers that are floating point.
#pragma once

// The row that an index names, or -1 if it names none.
__device__ __forceinline__ int row_of(float index, int rows) {
    return index >= 0 && index < rows ? (int)index : -1;
}

// Calls add(m) for every m of `count` whose index names the same row as that of `first`, in order;
// returns false, and calls nothing, if `first` is not the first of them, or names no row. Each warp
// looks at 32 indices at a time, and comes to the same result as the others.
template <class Add>
__device__ bool each_of_row(const float* indices, unsigned first, unsigned count, int rows,
                            Add add) {
    const unsigned lane = threadIdx.x % 32;
    const int row = row_of(indices[first], rows);
    if (row < 0) return false;
    for (unsigned start = 0; start < first; start += 32) {
        const unsigned other = start + lane;
        const bool is_before = other < first && row_of(indices[other], rows) == row;
        if (__ballot_sync(0xffffffffu, is_before)) return false;
    }
    for (unsigned start = first; start < count; start += 32) {
        const unsigned other = start + lane;
        const bool is_same = other < count && row_of(indices[other], rows) == row;
        unsigned same = __ballot_sync(0xffffffffu, is_same);
        for (; same; same &= same - 1) add(start + __ffs(same) - 1);
    }
    return true;
}
