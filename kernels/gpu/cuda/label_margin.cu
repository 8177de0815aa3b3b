// Adds a margin to the score of each item's label, in place, where that score is above -margin.
#include "numbers.cuh"

// ys: items of `scores` numbers each. A label that names none of them sets the fault.
KERNEL(add_margin)
(real* ys, const float* labels, const float* margin, int items, int scores, int* fault) {
    EACH(item, items) {
        const float label = labels[item], m = *margin;
        if (!(label >= 0 && label < (float)scores)) {
            atomicMax(fault, items - (int)item);
            continue;
        }
        const unsigned i = item * scores + (int)label;
        const float right = value(ys[i]);
        ys[i] = number(right > -m ? right + m : right);
    }
}
