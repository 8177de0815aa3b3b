// Regions that anchors propose; see layers/families/proposals.py. Those of an item are numbered by
// place of the map and anchor.
#include "best_first.cuh"
#include "boxes.cuh"

#define ROW 5  // item, x1, y1, x2, y2

// Where a shift of the centre and the logarithm of a growth bring a side, cut off past `most`; see
// layers/families/pixel_boxes.py.
__device__ __forceinline__ float2 move(float low, float high, float shift, float growth,
                                       float most) {
    const float size = high - low + 1, centre = __fmul_rn(shift, size) + (low + size * 0.5f);
    const float half = __fmul_rn(expf(growth), size) * 0.5f;
    return make_float2(larger(smaller(centre - half, most), 0.f),
                       larger(smaller(centre + half, most), 0.f));
}

// Maps (N, channels, places) of numbers of anchors. LAST: whether channels run fastest.
template <int LAST> struct Maps {
    const real* numbers;
    int channels, places;

    __device__ float at(unsigned item, int channel, unsigned place) const {
        const real* its = numbers + (size_t)item * channels * places;
        return value(LAST ? its[place * channels + channel] : its[channel * places + place]);
    }
};

// How likely anchors are objects, as the second half of the channels says.
struct Scores {
    Maps<SCORES_LAST> maps;

    __device__ float at(unsigned item, int anchor, unsigned place) const {
        return maps.at(item, maps.channels / 2 + anchor, place);
    }
};

// The boxes of all anchors, and keys of their scores, 0 where a box is too small. images: rows of
// image_size numbers, image_step apart. bases (anchors, 4): the anchors of the first place.
KERNEL(propose)
(const real* scores, const real* shifts, int anchors, int places, int count, const float* images,
 int image_size, int image_step, const double* bases, int width, double stride, float least,
 float4* boxes, unsigned* keys) {
    const Scores likely = {{scores, 2 * anchors, places}};
    const Maps<SHIFTS_LAST> maps = {shifts, 4 * anchors, places};
    EACH(i, count) {
        const unsigned each = anchors * places, item = i / each, rest = i - item * each;
        // Threads go along what lies side by side.
        const unsigned place = SHIFTS_LAST ? rest / anchors : rest % places;
        const int a = SHIFTS_LAST ? rest % anchors : rest / places;
        const double x = place % width * stride, y = place / width * stride;
        const double* base = bases + 4 * a;
        const float* image = images + item * image_step;
        const float2 across = move(x + base[0], x + base[2], maps.at(item, 4 * a, place),
                                   maps.at(item, 4 * a + 2, place), image[1] - 1);
        const float2 down = move(y + base[1], y + base[3], maps.at(item, 4 * a + 1, place),
                                 maps.at(item, 4 * a + 3, place), image[0] - 1);
        const bool is_large =
            across.y - across.x + 1 >= __fmul_rn(least, image[image_size > 3 ? 3 : 2]) &&
            down.y - down.x + 1 >= __fmul_rn(least, image[2]);
        const unsigned number = item * each + place * anchors + a;
        boxes[number] = make_float4(across.x, down.x, across.y, down.y);
        keys[number] = is_large ? key_of(likely.at(item, a, place)) : 0;
    }
}

// A block for each item. sorted (items, most), entries and counts: its best boxes, `most` if there
// are so many.
WIDE_KERNEL(sort_boxes)
(const float4* boxes, const unsigned* keys, int each, int most, float4* sorted, Entry* entries,
 int* counts) {
    boxes += (size_t)blockIdx.x * each;
    keys += (size_t)blockIdx.x * each;
    sorted += (size_t)blockIdx.x * most;
    entries += (size_t)blockIdx.x * most;
    const int found = list_best(keys, each, most, entries);
    for (int i = threadIdx.x; i < found; i += blockDim.x) sorted[i] = boxes[number_of(entries[i])];
    if (threadIdx.x == 0) counts[blockIdx.x] = found;
}

// A block for each item. kept (items, most): which of its room boxes to give. starts: see
// found_rows.cu. best: their scores, or null.
KERNEL(write_rows)
(const real* scores, int anchors, int places, const float4* sorted, const Entry* entries, int room,
 const int* kept, int most, const int* starts, float* rows, float* best) {
    const Scores likely = {{scores, 2 * anchors, places}};
    const int item = blockIdx.x, first = starts[item], found = starts[item + 1] - first;
    for (int i = threadIdx.x; i < found; i += blockDim.x) {
        const size_t from = (size_t)item * room + kept[(size_t)item * most + i];
        const float4 box = sorted[from];
        float* row = rows + (size_t)(first + i) * ROW;
        row[0] = item;
        row[1] = box.x;
        row[2] = box.y;
        row[3] = box.z;
        row[4] = box.w;
        const int number = number_of(entries[from]), place = number / anchors;
        if (best) best[first + i] = likely.at(item, number - place * anchors, place);
    }
}
