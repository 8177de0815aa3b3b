// log P(labels | x) summed over all paths, and its gradient; see layers/families/ctc_alignment.py.
//
// A path goes through states: a blank, a label, a blank, a label, and so on, a blank at the end.
// Sums of paths stand as logarithms, in double precision, as they go on over many steps; of what a
// step adds a float is enough.
#include "numbers.cuh"
#include "places.cuh"

#define SHORT 1024  // states whose sums are in shared memory

// What kernels are told of the sequences.
// x (time, sequences, classes), norms (time, sequences): of log softmax = x - norm
// labels (sequences, room), of which counts are there; steps: how many a sequence has
#define SEQUENCES                                                                             \
    const real *x, const double *norms, int sequences, int classes, int blank, int merges,    \
        int room, const int *labels, const int *counts, const int *steps

struct Sequence {
    const int* labels;
    int count, blank, merges;

    __device__ int states() const { return 2 * count + 1; }
    __device__ int class_of(int u) const { return u % 2 ? labels[u / 2] : blank; }
    // Whether the next step may be in the same state.
    __device__ bool stays(int u) const { return merges || u % 2 == 0; }
    // Whether it may be in u after u - 2.
    __device__ bool skips(int u) const {
        return u % 2 && u > 1 && !(merges && labels[u / 2] == labels[u / 2 - 1]);
    }
};

__device__ __forceinline__ double log_sum(double a, double b, double c) {
    double most = fmax(a, fmax(b, c));
    if (most == -INFINITY) most = 0;  // NaN is to stay
    return most + logf(expf((float)(a - most)) + expf((float)(b - most)) + expf((float)(c - most)));
}

KERNEL(find_norms)(const real* x, int places, int classes, double* norms) {
    EACH_PLACE(place, places) {
        const real* row = x + (size_t)place * classes;
        float most = -INFINITY, sum = 0;
        for (int c = LANE; c < classes; c += LANES) most = fmaxf(most, value(row[c]));
        most = over_lanes<Largest>(most);
        for (int c = LANE; c < classes; c += LANES) sum += expf(value(row[c]) - most);
        sum = over_lanes<Sum>(sum);
        if (LANE == 0) norms[place] = (double)most + logf(sum);
    }
}

// A block for each sequence, and where `after` is wanted another, that goes back from the end.
// before  (time, sequences, states): paths up to a step, that one taken in
// after   of those from there on, without it; totals: of all paths, -inf where there is none
// space   for the sums of two steps, of each block
WIDE_KERNEL(add_paths)(SEQUENCES, double* space, double* before, double* after, double* totals) {
    __shared__ double few[2 * SHORT];
    const bool is_back = blockIdx.x >= (unsigned)sequences;
    const int n = blockIdx.x % sequences, length = steps[n], width = 2 * room + 1;
    const Sequence sequence = {labels + (size_t)n * room, counts[n], blank, merges};
    const int states = sequence.states();
    double* rows = states <= SHORT ? few : space + (size_t)blockIdx.x * 2 * width;
    double* kept = is_back ? after : before;
    for (int s = 0; s < length; ++s) {
        const size_t place = (size_t)(is_back ? length - 1 - s : s) * sequences + n;
        const double* last = rows + (s + 1) % 2 * states;
        double* row = rows + s % 2 * states;
        for (int v = threadIdx.x; v < states; v += blockDim.x) {
            // Backwards all is as forwards, with the last state first.
            const int u = is_back ? states - 1 - v : v;
            double paths = v < 2 ? 0 : -INFINITY;
            if (s > 0) {
                const bool skips = v > 1 && sequence.skips(is_back ? u + 2 : u);
                paths = log_sum(sequence.stays(u) ? last[v] : -INFINITY,
                                v > 0 ? last[v - 1] : -INFINITY, skips ? last[v - 2] : -INFINITY);
            }
            row[v] = paths + (value(x[place * classes + sequence.class_of(u)]) - norms[place]);
            if (kept) kept[place * width + u] = is_back ? paths : row[v];
        }
        __syncthreads();
    }
    if (threadIdx.x != 0 || is_back) return;
    const double* ends = rows + (length + 1) % 2 * states + states - 1;
    const double all = log_sum(-INFINITY, length ? *ends : -INFINITY,
                               length && states > 1 ? ends[-1] : -INFINITY);
    totals[n] = all;
}

// One block.
KERNEL(finish)(const double* totals, int sequences, float* loss) {
    double total = 0;
    for (int n = threadIdx.x; n < sequences; n += blockDim.x)
        if (totals[n] != -INFINITY) total += totals[n];
    total = block_sum(total);
    if (threadIdx.x == 0) *loss = (float)(-total / max(sequences, 1));
}

// A block for each step of each sequence: softmax less the share of paths that have a class.
// firsts, nexts: see ctc_labels.cu.
KERNEL(gradients)
(SEQUENCES, const double* before, const double* after, const double* totals, const int* firsts,
 const int* nexts, const float* dloss, real* dx) {
    const size_t place = blockIdx.x;
    const int t = blockIdx.x / sequences, n = blockIdx.x - t * sequences, count = counts[n];
    const float scale = *dloss;
    const double norm = norms[place], total = totals[n];
    x += place * classes;
    dx += place * classes;
    before += place * (2 * room + 1);
    after += place * (2 * room + 1);
    const auto softmax = [&](int c) { return expf((float)(value(x[c]) - norm)); };
    const auto share = [&](int u) { return expf((float)(before[u] + after[u] - total)); };
    const bool counts_here = t < steps[n] && total != -INFINITY;
    for (int c = threadIdx.x; c < classes; c += blockDim.x)
        dx[c] = number(counts_here ? scale * softmax(c) : 0.f);
    if (!counts_here) return;
    float sum = 0;
    for (int i = threadIdx.x; i <= count; i += blockDim.x) sum += share(2 * i);
    // Also so that what is written now is written after the softmax.
    sum = block_sum(sum);
    if (threadIdx.x == 0) dx[blank] = number(scale * (softmax(blank) - sum));
    labels += (size_t)n * room;
    firsts += (size_t)n * room;
    nexts += (size_t)n * room;
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        if (firsts[i] != i) continue;
        sum = 0;
        for (int k = i; k < count; k = nexts[k]) sum += share(2 * k + 1);
        dx[labels[i]] = number(scale * (softmax(labels[i]) - sum));
    }
}
