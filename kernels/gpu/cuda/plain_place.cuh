// Where numbers would lie in plain memory.
#pragma once
#include "divide.cuh"

// For number i of an array that lies as (groups, outer, parts), channels-last for example, and in
// plain memory would lie as (groups, parts, outer).
struct PlainPlace {
    unsigned part;    // group * parts + p
    unsigned number;  // which one of its part's

    __device__ PlainPlace(unsigned i, int outer, int parts, unsigned parts_factor, int parts_shift,
                          unsigned outer_factor, int outer_shift) {
        const unsigned row = quotient(i, parts_factor, parts_shift);
        const unsigned group = quotient(row, outer_factor, outer_shift);
        part = i - (row - group) * parts;
        number = row - group * outer;
    }
};
