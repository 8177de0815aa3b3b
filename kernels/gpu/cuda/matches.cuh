// What a prior is matched with: the number of an object, or one of these.
#pragma once

#define NONE (-1)
#define LEFT_OUT (-2)  // neither an object nor a negative

// What the scores of a prior should say: one_label, if that is a label, of every object; `none`
// where there is none.
__device__ __forceinline__ int target_of(int match, const int* labels, int one_label, int none) {
    if (match < 0) return none;
    return one_label >= 0 ? one_label : labels[match];
}
