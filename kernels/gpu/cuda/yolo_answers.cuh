// Which boxes are to answer for which truths of a batch. LANES threads share a box.
#pragma once
#define LANES 32
#include "overlap_kinds.cuh"
#include "places.cuh"
#include "yolo_boxes.cuh"

// The truths of a batch, by item: see truth_list.cu.
struct Truths {
    const int* starts;
    const float4* boxes;
    const int *labels, *items;
    int item_count;

    __device__ int count() const { return starts[item_count]; }
};
#define TRUTHS \
    const int *starts, const float4 *boxes, const int *labels, const int *items, int item_count
#define THE_TRUTHS {starts, boxes, labels, items, item_count}

// The cell that holds the centre of truth i.
__device__ __forceinline__ Spot cell_of(const Grid& grid, const Truths& truths, int i) {
    const float4 truth = truths.boxes[i];
    return {(unsigned)truths.items[i], 0, min((int)(truth.y * grid.height), grid.height - 1),
            min((int)(truth.x * grid.width), grid.width - 1)};
}

// The first of the largest numbers, of which the first NaN is one.
struct Best {
    int place;
    float most;

    __device__ void meet(int i, float v) {
        if (place >= 0 && !(v > most) && (v == v || most != most)) return;
        place = i;
        most = v;
    }
};

// The numbers that a box is predicted by.
struct Prediction {
    const Grid& grid;
    Spot at;
    const real* numbers;

    __device__ float operator[](int k) const { return value(numbers[k * grid.stride]); }
    __device__ float4 box() const { return grid.decode(numbers, at); }
    __device__ const float* anchor() const { return grid.anchors + 2 * at.box; }
};

// Runs through the numbers of an answer: the first lane has the fields, and all share the classes.
#define EACH_NUMBER(k, grid)                                            \
    for (int k = LANE ? FIELDS + LANE : 0; k < FIELDS + (grid).classes; \
         k += k < FIELDS ? 1 : LANES)

// The Rule that a kernel is given as numbers, all of them floats.
#define THE_RULE (*reinterpret_cast<const Rule*>(numbers))
