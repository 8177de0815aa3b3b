// Barriers, shuffles and votes. The file and line of each call go along, for messages, and since
// threads that meet must meet at one place.
#pragma once
#include "execution.h"
#include "reduced_floats.h"

#define EMULATED_PLACE const char *file = __builtin_FILE(), int line = __builtin_LINE()

namespace emulated {

inline unsigned lane() { return (current - fibers) % WARP; }

inline void meet_warp(const char* operation, unsigned mask, const char* file, int line) {
    if (current && !(mask >> lane() & 1))
        fail("%s at %s:%d: the mask %#x leaves out the calling lane %u", operation, file, line,
             mask, lane());
    wait_at(AT_WARP_BARRIER, operation, mask, file, line);
}

template <class T>
T exchange(const char* operation, unsigned mask, T value, unsigned source, const char* file,
           int line) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8 || is_reduced<T>, "no shuffle for this type");
    if (current) current->given = 0, memcpy(&current->given, &value, sizeof value);
    meet_warp(operation, mask, file, line);
    // A lane that takes no part has nothing to give: on a GPU the result is undefined.
    uint64_t bits = ~0ull;
    if (current->participants >> source & 1) bits = (current - lane())[source].exchanged;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// A bit for each lane of the mask that came with a predicate.
inline unsigned vote(const char* operation, unsigned mask, int predicate, const char* file,
                     int line) {
    if (current) current->given = predicate != 0;
    meet_warp(operation, mask, file, line);
    unsigned votes = 0;
    for (unsigned other = 0; other < WARP; ++other)
        if (current->participants >> other & 1)
            votes |= (unsigned)(current - lane())[other].exchanged << other;
    return votes;
}

}  // namespace emulated

inline void __syncthreads(EMULATED_PLACE) {
    emulated::wait_at(emulated::AT_BLOCK_BARRIER, "__syncthreads", 0, file, line);
}

inline void __syncwarp(unsigned mask = 0xffffffffu, EMULATED_PLACE) {
    emulated::meet_warp("__syncwarp", mask, file, line);
}

inline void __threadfence() {}
inline void __threadfence_block() {}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, EMULATED_PLACE) {
    unsigned lane = emulated::current ? emulated::lane() : 0;
    source = (lane & ~(width - 1)) + (source & (width - 1));
    return emulated::exchange("__shfl_sync", mask, value, source, file, line);
}

template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, EMULATED_PLACE) {
    unsigned lane = emulated::current ? emulated::lane() : 0;
    unsigned source = (lane & (width - 1)) >= delta ? lane - delta : lane;
    return emulated::exchange("__shfl_up_sync", mask, value, source, file, line);
}

template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, EMULATED_PLACE) {
    unsigned lane = emulated::current ? emulated::lane() : 0;
    unsigned source = (lane & (width - 1)) + delta < (unsigned)width ? lane + delta : lane;
    return emulated::exchange("__shfl_down_sync", mask, value, source, file, line);
}

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32, EMULATED_PLACE) {
    unsigned lane = emulated::current ? emulated::lane() : 0;
    unsigned source = lane ^ lane_mask;
    // Lanes of later groups cannot be read, those of earlier ones can.
    if (source >= (lane & ~(width - 1)) + width) source = lane;
    return emulated::exchange("__shfl_xor_sync", mask, value, source, file, line);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, EMULATED_PLACE) {
    return emulated::vote("__ballot_sync", mask, predicate, file, line);
}

inline int __any_sync(unsigned mask, int predicate, EMULATED_PLACE) {
    return emulated::vote("__any_sync", mask, predicate, file, line) != 0;
}

inline int __all_sync(unsigned mask, int predicate, EMULATED_PLACE) {
    unsigned votes = emulated::vote("__all_sync", mask, predicate, file, line);
    return votes == emulated::current->participants;
}
