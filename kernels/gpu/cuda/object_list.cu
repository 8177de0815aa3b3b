// The objects of a batch by item, from rows of 8 numbers: item, label, instance, xmin, ymin, xmax,
// ymax and difficult; see layers/families/ground_truth.py.
#include "numbers.cuh"
#include "reduce.cuh"
#include "scan.cuh"

#define ROW 8
#define NOTHING (-1)

struct Reader {
    const float* rows;
    int count, items, classes, background, keeps_difficult;
    int* fault;

    __device__ int label_of(int row) const {
        const float label = truncf(rows[row * ROW + 1]);
        if (!(label >= 0 && (classes == 2 || label < (float)classes))) return NOTHING;
        return classes == 2 ? (int)fminf(label, 1) : (int)label;
    }

    // The item of a row; NOTHING where it is no object, or none that counts. `fault` gets
    // count - row of a row that cannot be.
    __device__ int item_of(int row) const {
        const float* numbers = rows + row * ROW;
        if (numbers[0] == -1) return NOTHING;
        bool is_finite = true;
        for (int k = 0; k < ROW; ++k) is_finite &= fabsf(numbers[k]) < INFINITY;
        const float item = truncf(numbers[0]);
        const int label = label_of(row);
        if (!is_finite || !(item >= 0 && item < (float)items) || label < 0 ||
            label == background) {
            atomicMax(fault, count - row);
            return NOTHING;
        }
        return keeps_difficult || numbers[7] == 0 ? (int)item : NOTHING;
    }
};

// A block for each item. starts: for each item, and after the last, how many objects come before;
// for each object, in the order of its item's rows, its box, label and item.
KERNEL(list_objects)
(const float* rows, int count, int items, int classes, int background, int keeps_difficult,
 int* fault, int* starts, float* boxes, int* labels, int* items_of) {
    const Reader reader = {rows, count, items, classes, background, keeps_difficult, fault};
    const int item = blockIdx.x;
    int before = 0;
    for (int row = threadIdx.x; row < count; row += blockDim.x) {
        const int its = reader.item_of(row);
        before += its != NOTHING && its < item;
    }
    int place = block_sum(before);
    if (threadIdx.x == 0) starts[item] = place;
    for (int start = 0; start < count; start += blockDim.x) {
        const int row = start + threadIdx.x;
        const int is_its = row < count && reader.item_of(row) == item;
        int found;
        const int number = place + block_scan(is_its, &found);
        place += found;
        if (!is_its) continue;
        for (int k = 0; k < 4; ++k) boxes[4 * number + k] = rows[row * ROW + 3 + k];
        labels[number] = reader.label_of(row);
        items_of[number] = item;
    }
    if (threadIdx.x == 0 && item == items - 1) starts[items] = place;
}
