// target[i] = source[i], or += it, for arrays of any strides.
#include "numbers.cuh"

// geometry: for each of `axes` axes, the last first, its size and its strides in source and target.
KERNEL(copy)
(const real* source, real* target, const int* geometry, int axes, int count, int adds) {
    EACH(i, count) {
        unsigned rest = i;
        long long from = 0, to = 0;
        for (int axis = 0; axis < axes; ++axis) {
            const unsigned size = geometry[3 * axis];
            const unsigned place = rest % size;
            rest /= size;
            from += (long long)place * geometry[3 * axis + 1];
            to += (long long)place * geometry[3 * axis + 2];
        }
        target[to] = adds ? number(value(target[to]) + value(source[from])) : source[from];
    }
}

KERNEL(copy_dense)
(const real* source, real* target, int count, int adds) {
    EACH(i, count) {
        target[i] = adds ? number(value(target[i]) + value(source[i])) : source[i];
    }
}

KERNEL(fill)
(real* target, int count, float v) {
    EACH(i, count) {
        target[i] = number(v);
    }
}
