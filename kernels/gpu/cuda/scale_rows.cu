// Rows of numbers, each times a number of its own. FROM, FLAG and TO are real or float, and ROUNDED
// makes a TO of a float.
#include "numbers.cuh"

// to = from, of n rows of d, times flags (n); null for ones.
KERNEL(scale_rows)(const FROM* from, const FLAG* flags, TO* to, int n, int d) {
    EACH(i, n * d) {
        to[i] = ROUNDED(value(from[i]) * (flags ? value(flags[i / d]) : 1.f));
    }
}
