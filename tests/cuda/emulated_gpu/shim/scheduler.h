// Runs the threads of a block as fibers, in the order asked for, from barrier to barrier.
#pragma once
#include "execution.h"

namespace emulated {

inline bool are_at_one_place(const Fiber& a, const Fiber& b) {
    return a.state == b.state && (a.state == FINISHED || (a.line == b.line && a.mask == b.mask &&
                                                          !strcmp(a.file, b.file)));
}

static void describe(char* text, size_t size, const Fiber& fiber) {
    int length = snprintf(text, size, "thread (%u, %u, %u) ", fiber.thread.x, fiber.thread.y,
                          fiber.thread.z);
    if (fiber.state == FINISHED)
        snprintf(text + length, size - length, "has returned");
    else if (fiber.state == AT_WARP_BARRIER)
        snprintf(text + length, size - length, "waits at %s(%#x), %s:%d", fiber.operation,
                 fiber.mask, fiber.file, fiber.line);
    else
        snprintf(text + length, size - length, "waits at %s, %s:%d", fiber.operation, fiber.file,
                 fiber.line);
}

static void fail_at(const char* problem, const Fiber& a, const Fiber& b) {
    char first[160], second[160];
    describe(first, sizeof first, a);
    describe(second, sizeof second, b);
    fail("%s: %s, %s", problem, first, second);
}

// Runs what can run of a warp; false where nothing could.
static bool run_warp(unsigned first, unsigned end, int order) {
    bool ran = false;
    Permutation lanes(end - first, order, next_random());
    for (unsigned i = 0; i < end - first; ++i) {
        Fiber& fiber = fibers[first + lanes[i]];
        if (fiber.state != RUNNABLE) continue;
        ran = true;
        current = &fiber;
        thread_index = fiber.thread;
        resume(fiber);
        current = nullptr;
        if (failure[0]) throw Failure();
    }
    return ran;
}

// The lanes that a waiting one waits for, itself among them; 0 as long as some are not there.
static unsigned group_that_met(unsigned first, unsigned end, const Fiber& fiber) {
    unsigned group = 0;
    for (unsigned i = first; i < end; ++i) {
        if (!(fiber.mask >> (i - first) & 1) || fibers[i].state == FINISHED) continue;
        if (fibers[i].state != AT_WARP_BARRIER || fibers[i].mask != fiber.mask) return 0;
        group |= 1u << (i - first);
    }
    return group;
}

// Lets lanes go on that have met; false where there are none.
static bool release_warp(unsigned first, unsigned end) {
    bool released = false;
    for (unsigned i = first; i < end; ++i) {
        if (fibers[i].state != AT_WARP_BARRIER) continue;
        unsigned group = group_that_met(first, end, fibers[i]);
        for (unsigned j = first; j < end; ++j)
            if (group >> (j - first) & 1 && !are_at_one_place(fibers[i], fibers[j]))
                fail_at("divergent warp", fibers[i], fibers[j]);
        for (unsigned j = first; j < end; ++j) {
            if (!(group >> (j - first) & 1)) continue;
            fibers[j].exchanged = fibers[j].given;
            fibers[j].participants = group;
            fibers[j].state = RUNNABLE;
            released = true;
        }
    }
    return released;
}

// False if there is still something to run; fails if threads wait for others that never come.
static bool release_block(unsigned count, bool is_stuck) {
    unsigned finished = 0, at_barrier = 0;
    const Fiber *waiting = nullptr, *other = nullptr;
    for (unsigned i = 0; i < count; ++i) {
        finished += fibers[i].state == FINISHED;
        at_barrier += fibers[i].state == AT_BLOCK_BARRIER;
        if (!waiting && fibers[i].state != FINISHED) waiting = &fibers[i];
    }
    if (finished == count) return true;
    if (finished + at_barrier < count && !is_stuck) return false;
    for (unsigned i = 0; i < count; ++i)
        if (!are_at_one_place(fibers[i], *waiting)) other = &fibers[i];
    if (other) fail_at("divergent barrier", *waiting, *other);
    for (unsigned i = 0; i < count; ++i) fibers[i].state = RUNNABLE;
    return false;
}

static void run_block_in_fibers(unsigned count, int order) {
    const unsigned warps = (count + WARP - 1) / WARP;
    for (unsigned i = 0; i < count; ++i) fibers[i].state = RUNNABLE;
    bool ran = true, may_skip;
    do {
        Permutation order_of_warps(warps, order, next_random());
        // In a shuffled order some warps fall behind; else each goes as far as it can by itself.
        may_skip = order == SHUFFLED && ran;
        ran = false;
        for (unsigned i = 0; i < warps; ++i) {
            if (may_skip && next_random() & 1) continue;
            unsigned first = order_of_warps[i] * WARP,
                     end = first + WARP < count ? first + WARP : count;
            do ran |= run_warp(first, end, order);
            while (release_warp(first, end) && order != SHUFFLED);
        }
    } while (!release_block(count, !ran && !may_skip));
}

static void run_fiber() {
    for (;;) {  // one fiber serves a thread of each block
        thread_body(thread_arguments);
        current->state = FINISHED;
        pause_current();
    }
}

// Stacks for the fibers of one launch; none if it has no fibers.
struct Stacks {
    size_t size;
    char* memory;
    explicit Stacks(unsigned count) : size(count * STACK) {
        if (count == 0) return;
        memory = (char*)mmap(nullptr, size, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) fail("no memory for the stacks of %u threads", count);
        for (unsigned i = 0; i < count; ++i) {
            Fiber& fiber = fibers[i];
            getcontext(&fiber.start);
            fiber.start.uc_stack.ss_sp = memory + i * STACK;
            fiber.start.uc_stack.ss_size = STACK;
            fiber.start.uc_link = nullptr;
            makecontext(&fiber.start, run_fiber, 0);
            fiber.started = false;
            fiber.thread = thread_at(i);
        }
    }
    ~Stacks() {
        if (size) munmap(memory, size);
    }
};

}  // namespace emulated
