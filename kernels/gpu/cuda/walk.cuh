// How threads walk through arrays that lie as (groups, outer, parts, inner), each within one part:
// see walk.py. Blocks have 256 threads. Neighbours read neighbours, and nobody divides on the way.
#pragma once

#define FOLDED int outer, int parts, int inner, int tiles, int bits, int chunks, int chunk
#define WALK(walk) Walk walk(outer, parts, inner, tiles, bits, chunks, chunk)

struct Walk {
    bool has_part;         // whether there is one for this thread
    unsigned part;         // group * parts + p
    unsigned chunk_index;  // which share of its numbers
    unsigned left;         // how many of them this thread has yet to come to

    __device__ Walk(unsigned outer, unsigned parts, unsigned inner, unsigned tiles, unsigned bits,
                    unsigned chunks, unsigned chunk) {
        const unsigned tile = blockIdx.x % tiles, group = blockIdx.x / tiles / chunks;
        const unsigned p = (tile << bits) + (threadIdx.x & ((1u << bits) - 1));
        const unsigned walkers = blockDim.x >> bits;
        chunk_index = blockIdx.x / tiles % chunks;
        part = group * parts + p;
        const unsigned first = chunk_index * chunk + (threadIdx.x >> bits);
        const unsigned end = min((chunk_index + 1) * chunk, outer * inner);
        has_part = p < parts;
        left = has_part && first < end ? (end - first + walkers - 1) / walkers : 0;
        k = first % inner, row = inner;
        place = ((group * outer + first / inner) * parts + p) * inner + k;
        step_k = walkers % inner;
        step = walkers / inner * parts * inner + step_k;
        wrap = (parts - 1) * inner;
    }

    // Where the next number lies.
    __device__ unsigned next() {
        const unsigned here = place;
        k += step_k;
        place += step;
        if (k >= row) {
            k -= row;
            place += wrap;
        }
        return here;
    }

private:
    unsigned k, row, place, step_k, step, wrap;
};

template <unsigned n> struct Many {
    static constexpr unsigned count = n;
};

// Calls visit(Many<n>()) until the walk is over, each time for the next n numbers: `ahead`, and
// fewer at the end. With n known, loads can be on their way together.
template <unsigned ahead, class Visit> __device__ void go(Walk& walk, Visit visit) {
    for (; walk.left >= ahead; walk.left -= ahead) visit(Many<ahead>());
    if constexpr (ahead > 1) go<ahead / 2>(walk, visit);
}

// What the threads with the same part have put together, for the first of them (threadIdx.x below
// 1 << bits). All threads of the block must take part.
template <class T> __device__ T put_together(T v, int bits) {
    __shared__ T of_threads[256];
    of_threads[threadIdx.x] = v;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half >= 1u << bits; half /= 2) {
        if (threadIdx.x < half) of_threads[threadIdx.x].add(of_threads[threadIdx.x + half]);
        __syncthreads();
    }
    return of_threads[threadIdx.x];
}

__device__ __forceinline__ double warp_sum(double v) {
    for (int distance = 16; distance > 0; distance >>= 1)
        v += __shfl_xor_sync(0xffffffffu, v, distance);
    return v;
}
