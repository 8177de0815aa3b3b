// The kernels that the losses of YOLO's versions share; see layers/families/yolo_loss.py. A source
// includes this last, after what is special to it:
//
//   KIND    how overlap is measured
//   FIRST   the first number of an answer whose delta's square is part of the loss
//   Rule    numbers of the layer, all floats, among them thresh; delta_of_nothing(objectness): the
//           delta where there is no truth; gradient_of_nothing(delta): what backward makes of it
//   Answer  a box that answers for truths, made of a Rule and a Prediction. draw(truth, label,
//           deltas) writes the deltas, each lane those that EACH_NUMBER gives it, and gives lane 0
//           how much overlap is missing; finish(deltas) makes of them what backward wants.
//   answer  a kernel that writes for each truth the numbers of `each` boxes, -1 for none
#pragma once
#include "yolo_answers.cuh"

// A thread for each box. objectness (boxes): the delta, 0 where a box overlaps a truth by more than
// thresh; square_sums: of each block.
KERNEL(find_objects)
(GRID, TRUTHS, const float* numbers, int count, float* objectness, double* square_sums) {
    const Grid grid = THE_GRID;
    const Truths truths = THE_TRUTHS;
    const Rule& rule = THE_RULE;
    double sum = 0;
    EACH(i, count) {
        const Spot at = grid.spot(i);
        const real* its = grid.of_box(i);
        const float4 box = grid.decode(its, at);
        float nearest = -INFINITY;
        const int end = truths.starts[at.item + 1];
        for (int truth = truths.starts[at.item]; truth < end; ++truth)
            nearest = larger(nearest, overlap_as<KIND>(box, truths.boxes[truth]));
        float delta = rule.delta_of_nothing(chance(value(its[4 * grid.stride])));
        if (nearest > rule.thresh) delta = 0;
        objectness[i] = delta;
        sum += (double)delta * delta;
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) square_sums[blockIdx.x] = sum;
}

// Whether one of the answers from `first` on, before this one, is of the same box.
__device__ __forceinline__ bool is_repeated(const int* answers, int first, int answer) {
    int found = 0;
    for (int i = first + LANE; i < answer; i += LANES) found |= answers[i] == answers[answer];
    return over_lanes<Largest>(found);
}

// LANES threads for each answer. Where a box answers for several truths, its first answer has what
// they make of its deltas one after the other. drawn: for each answer its box, -1 where an earlier
// one has it; deltas (answers, FIELDS + classes); the sums: of each block.
KERNEL(draw)
(GRID, TRUTHS, const float* numbers, int each, const int* answers, const float* objectness,
 int* drawn, float* deltas, double* square_sums, double* miss_sums, int* counts) {
    const Grid grid = THE_GRID;
    const Truths truths = THE_TRUTHS;
    const Rule& rule = THE_RULE;
    double squares = 0, misses = 0;
    int count = 0;
    EACH_PLACE(first, truths.count() * each) {
        const int box = answers[first], item = truths.items[first / each];
        const bool draws = box >= 0 && !is_repeated(answers, truths.starts[item] * each, first);
        if (LANE == 0) drawn[first] = draws ? box : -1;
        if (!draws) continue;
        float* its = deltas + (size_t)first * (FIELDS + grid.classes);
        EACH_NUMBER(k, grid) its[k] = 0;
        const Answer answer(rule, {grid, grid.spot(box), grid.of_box(box)});
        const int end = truths.starts[item + 1] * each;
        for (int i = first; i < end; ++i) {
            if (answers[i] != box) continue;
            const int truth = i / each;
            const float miss = answer.draw(truths.boxes[truth], truths.labels[truth], its);
            if (LANE != 0) continue;
            misses += miss;
            ++count;
        }
        EACH_NUMBER(k, grid) if (k >= FIRST) squares += (double)its[k] * its[k];
        // find_objects has counted what this is in the place of.
        if (LANE == 0) squares -= (double)objectness[box] * objectness[box];
        answer.finish(its);
    }
    squares = block_sum(squares);
    misses = block_sum(misses);
    count = block_sum(count);
    if (threadIdx.x != 0) return;
    square_sums[blockIdx.x] = squares;
    miss_sums[blockIdx.x] = misses;
    counts[blockIdx.x] = count;
}

// One block. loss = (the sum of squares + miss_weight * the mean of what is missing) / items.
KERNEL(finish)
(const double* square_sums, int squares, const double* miss_sums, const int* counts, int answers,
 float miss_weight, int items, float* loss) {
    double sum = 0, missing = 0;
    int count = 0;
    for (int i = threadIdx.x; i < squares; i += blockDim.x) sum += square_sums[i];
    for (int i = threadIdx.x; i < answers; i += blockDim.x) {
        missing += miss_sums[i];
        count += counts[i];
    }
    sum = block_sum(sum);
    missing = block_sum(missing);
    count = block_sum(count);
    if (threadIdx.x == 0)
        *loss = (float)((sum + miss_weight * (count ? missing / count : 0)) / max(items, 1));
}

// A thread for each box: all that it has where it answers for no truth.
KERNEL(write_objectness)
(GRID, int items, int count, const float* objectness, const float* dloss, real* dx) {
    const Grid grid = THE_GRID;
    const float scale = *dloss / max(items, 1);
    EACH(i, count)
        dx[grid.start(i) + 4 * grid.stride] =
            number(scale * Rule::gradient_of_nothing(objectness[i]));
}

// LANES threads for each answer: what its box has instead.
KERNEL(write_answers)
(GRID, TRUTHS, int each, const int* drawn, const float* deltas, const float* dloss, real* dx) {
    const Grid grid = THE_GRID;
    const Truths truths = THE_TRUTHS;
    const float scale = *dloss / max(truths.item_count, 1);
    EACH_PLACE(answer, truths.count() * each) {
        if (drawn[answer] < 0) continue;
        const float* its = deltas + (size_t)answer * (FIELDS + grid.classes);
        real* target = dx + grid.start(drawn[answer]);
        for (int k = LANE; k < FIELDS + grid.classes; k += LANES)
            target[k * grid.stride] = number(scale * its[k]);
    }
}
