// The boxes that the cells of YOLO's grids predict; see layers/families/yolo_loss.py.
#pragma once
#include "numbers.cuh"

#define FIELDS 5  // x, y, w, h and objectness, which the classes' scores follow

// 1 / (1 + exp(-x)), to the last bit as good where it is small.
__device__ __forceinline__ float chance(float score) { return 1 / (1 + expf(-score)); }

// Where a box is predicted.
struct Spot {
    unsigned item;
    int box, row, column;
};

// Predictions (N, num (FIELDS + classes), height, width). Boxes are numbered as they lie in memory.
// anchors  (num, 2): widths and heights, in an image of this size
// stride   how far apart the numbers of a box are: 1 if channels are last, else height * width
struct Grid {
    const real* predictions;
    const float* anchors;
    int num, classes, height, width, stride;
    float image_height, image_width;

    __device__ Spot spot(unsigned i) const {
        const unsigned cells = height * width, item = i / (num * cells), rest = i % (num * cells);
        const unsigned box = stride == 1 ? rest % num : rest / cells;
        const unsigned cell = stride == 1 ? rest / num : rest % cells;
        return {item, (int)box, (int)(cell / width), (int)(cell % width)};
    }

    __device__ unsigned number_of(const Spot& at) const {
        const unsigned cells = height * width, cell = at.row * width + at.column;
        return stride == 1 ? (at.item * cells + cell) * num + at.box
                           : (at.item * num + at.box) * cells + cell;
    }

    // Of box i: where its numbers begin, `stride` apart.
    __device__ unsigned start(unsigned i) const {
        return i + i / stride * (FIELDS - 1 + classes) * stride;
    }

    __device__ const real* of_box(unsigned i) const { return predictions + start(i); }

    // x, y, w, h of a box by its numbers, relative to the image.
    __device__ float4 decode(const real* numbers, const Spot& at) const {
        const float* anchor = anchors + 2 * at.box;
        return make_float4(
            (at.column + chance(value(numbers[0]))) / width,
            (at.row + chance(value(numbers[stride]))) / height,
            __fmul_rn(expf(value(numbers[2 * stride])), anchor[0]) / image_width,
            __fmul_rn(expf(value(numbers[3 * stride])), anchor[1]) / image_height);
    }
};

// What kernels begin with, and the Grid of it: see yolo_grid.py.
#define GRID                                                                                     \
    const real *predictions, const float *anchors, int num, int classes, int height, int width, \
        int stride, float image_height, float image_width
#define THE_GRID \
    {predictions, anchors, num, classes, height, width, stride, image_height, image_width}
