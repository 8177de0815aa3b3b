// How far features are from the centres of their classes, and what pulls both together; see
// layers/center_loss.py. xs: items of `size` numbers, centers: as many for each class. A label that
// names no class counts for nothing.
#include "numbers.cuh"
#include "places.cuh"
#include "rows.cuh"

// distances: |x - c_label|^2 of each item.
KERNEL(measure)
(const real* xs, const float* centers, const float* labels, int items, int size, int classes,
 int* fault, float* distances) {
    EACH_PLACE(item, items) {
        const int label = row_of(labels[item], classes);
        if (label < 0 && LANE == 0) atomicMax(fault, (int)item + 1);
        const float* center = centers + (long long)label * size;
        float sum = 0;
        EACH_OF_PLACE(k, i, item, label < 0 ? 0 : size, 1) {
            const float difference = value(xs[i]) - center[k];
            sum += difference * difference;
        }
        sum = over_lanes<Sum>(sum);
        if (LANE == 0) distances[item] = sum;
    }
}

KERNEL(pull_features)
(const real* xs, const float* centers, const float* labels, int items, int size, int classes,
 const float* dloss, real* dxs) {
    const float scale = *dloss / items;
    EACH_PLACE(item, items) {
        const int label = row_of(labels[item], classes);
        const float* center = centers + (long long)label * size;
        EACH_OF_PLACE(k, i, item, size, 1) {
            dxs[i] = number(label < 0 ? 0.f : scale * (value(xs[i]) - center[k]));
        }
    }
}

// dcenters += the sum of c - x over the items of the class / (1 + their number), times what the
// loss is scaled by, which may be null. A block for each item and each share of blockDim.x numbers;
// whichever item is the first of its class adds up all of them.
KERNEL(pull_centers)
(const real* xs, const float* centers, const float* labels, int items, int size, int classes,
 int shares, const float* loss_scale, float* dcenters) {
    const unsigned first = blockIdx.x / shares;
    const unsigned k = (blockIdx.x - first * shares) * blockDim.x + threadIdx.x;
    const int label = row_of(labels[first], classes);
    const long long place = (long long)label * size + k;
    const bool takes_part = label >= 0 && k < (unsigned)size;
    const float center = takes_part ? centers[place] : 0.f;
    float sum = 0;
    int count = 0;
    const bool is_first = each_of_row(labels, first, items, classes, [&](unsigned item) {
        if (takes_part) sum += center - value(xs[item * size + k]);
        ++count;
    });
    if (!is_first || !takes_part) return;
    dcenters[place] += (loss_scale ? *loss_scale : 1.f) * sum / (1 + count);
}
