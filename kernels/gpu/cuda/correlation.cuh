// How the numbers of images and maps hang together under sliding filters: see correlation.py.
#pragma once
#include "numbers.cuh"

// From `source`, read where filters lie on it, to `target`. Sizes, strides (in numbers) and steps
// are those of three spatial axes.
struct Correlation {
    int items, groups, columns;  // columns: the channels of a group of the target
    int source_item, source_group, source_size[3], source_stride[3], source_step[3];
    int target_item, target_channel, target_stride[3], target_step[3];
};

// Places of the target that the same taps reach, begin <= tap < end. They are numbered as rows:
// (items, count[0], count[1], count[2]).
struct Phase {
    int begin, end, rows, count[3], source_start[3], target_start[3];
};

struct Place {
    int item, at[3];
};

__device__ inline Place place_of(int row, const int* count) {
    Place p;
    for (int axis = 2; axis >= 0; --axis) {
        const int rest = row / count[axis];
        p.at[axis] = row - rest * count[axis];
        row = rest;
    }
    p.item = row;
    return p;
}

// Place p + step, both written as digits.
__device__ inline void advance(Place& p, const Place& step, const int* count) {
    int carry = 0;
    for (int axis = 2; axis >= 0; --axis) {
        p.at[axis] += step.at[axis] + carry;
        carry = p.at[axis] >= count[axis];
        if (carry) p.at[axis] -= count[axis];
    }
    p.item += step.item + carry;
}

// Where in the source the first tap would lie, and in its memory: both may be outside of it, and
// memory is counted modulo 2^32.
struct Spot {
    unsigned memory;
    int at[3];
};

const int NOWHERE = -(1 << 30);

__device__ inline Spot spot_of(const Correlation& it, const Phase& phase, const Place& p) {
    Spot spot = {(unsigned)p.item * it.source_item, {0, 0, 0}};
    for (int axis = 0; axis < 3; ++axis) {
        spot.at[axis] = p.at[axis] * it.source_step[axis] + phase.source_start[axis];
        spot.memory += (unsigned)spot.at[axis] * it.source_stride[axis];
    }
    return spot;
}

__device__ inline unsigned target_of(const Correlation& it, const Phase& phase, const Place& p) {
    unsigned memory = (unsigned)p.item * it.target_item;
    for (int axis = 0; axis < 3; ++axis)
        memory += (p.at[axis] * it.target_step[axis] + phase.target_start[axis]) *
                  (unsigned)it.target_stride[axis];
    return memory;
}

// tap: how far it lies from the spot in memory and along the axes.
__device__ __forceinline__ float seen(const real* source, const int* size, const Spot& spot,
                                      const int4& tap) {
    const bool inside = (unsigned)(spot.at[0] + tap.y) < (unsigned)size[0] &&
                        (unsigned)(spot.at[1] + tap.z) < (unsigned)size[1] &&
                        (unsigned)(spot.at[2] + tap.w) < (unsigned)size[2];
    return inside ? value(source[spot.memory + tap.x]) : 0.f;
}
