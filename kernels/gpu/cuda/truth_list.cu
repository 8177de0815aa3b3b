// The truths of a batch by item; see layers/families/yolo_loss.py. ANNOTATIONS: whether rows are
// those of AnnotatedData, or `each` rows of every item.
#include "numbers.cuh"
#include "reduce.cuh"
#include "scan.cuh"

#define ROW (ANNOTATIONS ? 8 : 5)

struct Truth {
    float label;
    float4 box;  // x, y, w, h
};

__device__ __forceinline__ Truth truth_of(const float* row) {
    if (!ANNOTATIONS) return {row[0], make_float4(row[1], row[2], row[3], row[4])};
    const float left = row[3], top = row[4], right = row[5], bottom = row[6];
    return {row[1] - 1, make_float4((left + right) / 2, (top + bottom) / 2, right - left,
                                    bottom - top)};
}

// The rows among which those of an item are. All threads of the block must take part.
struct Rows {
    const float* rows;
    int item, count, classes;

    __device__ Rows(const float* all, int item, int each, int classes)
        : rows(all), item(item), count(each), classes(classes) {
        if (ANNOTATIONS) return;
        rows += (size_t)item * each * ROW;
        int before_end = -each;
        for (int row = threadIdx.x; row < each; row += blockDim.x)
            if (rows[row * ROW + 3] == 0) before_end = max(before_end, -row);
        count = -block_max(before_end);
    }

    __device__ bool has(int row) const {
        return row < count && (!ANNOTATIONS || rows[row * ROW] == item);
    }

    __device__ Truth truth(int row) const { return truth_of(rows + row * ROW); }

    __device__ bool can_be(const Truth& truth) const {
        const float4 box = truth.box;
        return truth.label >= 0 && truth.label < classes && box.x >= 0 && box.x <= 1 &&
               box.y >= 0 && box.y <= 1 && box.z > 0 && box.w > 0;
    }

    __device__ bool counts(int row) const { return has(row) && can_be(truth(row)); }
};

// A block for each item. found: how many truths it has; fault: of what cannot be, the item + 1.
KERNEL(count_truths)(const float* all, int each, int classes, int* fault, int* found) {
    const Rows rows(all, blockIdx.x, each, classes);
    int count = 0;
    for (int row = threadIdx.x; row < rows.count; row += blockDim.x) {
        const bool counts = rows.counts(row);
        if (rows.has(row) && !counts) atomicMax(fault, (int)blockIdx.x + 1);
        count += counts;
    }
    count = block_sum(count);
    if (threadIdx.x == 0) found[blockIdx.x] = count;
}

// A block for each item. starts: for each item, and after the last, how many truths come before;
// for each truth, in the order of its item's rows, its box, class and item.
KERNEL(list_truths)
(const float* all, int each, int classes, const int* found, int* starts, float4* boxes,
 int* labels, int* items) {
    const int item = blockIdx.x;
    const Rows rows(all, item, each, classes);
    int before = 0;
    for (int i = threadIdx.x; i < item; i += blockDim.x) before += found[i];
    int place = block_sum(before);
    if (threadIdx.x == 0) {
        starts[item] = place;
        if (item == (int)gridDim.x - 1) starts[item + 1] = place + found[item];
    }
    for (int start = 0; start < rows.count; start += blockDim.x) {
        const int row = start + threadIdx.x;
        const int counts = rows.counts(row);
        int here;
        const int number = place + block_scan(counts, &here);
        place += here;
        if (!counts) continue;
        const Truth truth = rows.truth(row);
        boxes[number] = truth.box;
        labels[number] = (int)truth.label;
        items[number] = item;
    }
}
