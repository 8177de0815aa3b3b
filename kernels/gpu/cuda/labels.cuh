// Labels made classes, as layers/families/class_labels.py does it.
#pragma once

// The class that the label of a place names, or -1 if it is to be ignored, or names none. Then
// `fault` gets places - place, so that the first of several is told.
__device__ __forceinline__ int class_of(unsigned place, int places, int classes,
                                        const float* labels, int ignores, int ignored,
                                        int* fault) {
    const float whole = truncf(labels[place]);
    if (ignores && whole == (float)ignored) return -1;
    if (whole >= 0 && whole < (float)classes) return (int)whole;
    atomicMax(fault, places - (int)place);
    return -1;
}
