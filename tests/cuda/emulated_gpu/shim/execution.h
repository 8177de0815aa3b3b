// The state of a launch: where its threads are, what they share, how they pause and fail.
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

namespace emulated {

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

enum Order { FORWARD, BACKWARD, SHUFFLED };  // as thread_order.ORDERS
enum State { RUNNABLE, AT_BLOCK_BARRIER, AT_WARP_BARRIER, FINISHED };

// As module.py passes it.
struct Launch {
    unsigned grid[3], block[3];
    unsigned shared_bytes;
    int order;
    int with_fibers;
};

struct Fiber {
    ucontext_t start;
    jmp_buf paused;
    bool started;
    State state;
    dim3 thread;
    // Of the barrier or shuffle at which it waits:
    const char* file;
    int line;
    const char* operation;
    unsigned mask;
    uint64_t given, exchanged;  // what it hands over, and that once all have met
    unsigned participants;
};

const unsigned WARP = 32, MAX_THREADS = 1024, MAX_SHARED = 232448, GUARD = 256;
const size_t STACK = 256 << 10;  // bytes of address space; only what is touched takes memory

__attribute__((used)) static dim3 thread_index, block_index, block_size, grid_size;
__attribute__((used, aligned(1024))) static unsigned char dynamic_shared[MAX_SHARED + GUARD];

// Variables that the threads of a block share; each is added when the first thread comes by it.
struct Shared {
    void* address;
    size_t size;
};
static Shared shared_variables[1024];
static unsigned shared_count;

static Fiber fibers[MAX_THREADS];
static Fiber* current;  // null outside of fibers
static jmp_buf scheduler;
static char failure[512];  // empty: none
static void (*thread_body)(const void*);
static const void* thread_arguments;

struct Failure {};

// Switching by setjmp leaves out the system calls (signal masks) of swapcontext. noipa: the
// compiler must not carry what it knows of memory over a switch.
__attribute__((noipa)) static void resume(Fiber& fiber) {
    if (_setjmp(scheduler) != 0) return;
    if (fiber.started) _longjmp(fiber.paused, 1);
    fiber.started = true;
    setcontext(&fiber.start);
}

__attribute__((noipa)) static void pause_current() {
    if (_setjmp(current->paused) == 0) _longjmp(scheduler, 1);
}

// Ends the launch; Python raises the text.
__attribute__((noinline, format(printf, 1, 2))) static void fail(const char* format, ...) {
    va_list values;
    va_start(values, format);
    int length = vsnprintf(failure, sizeof failure, format, values);
    va_end(values);
    if (length > 0 && length < (int)sizeof failure)
        snprintf(failure + length, sizeof failure - length, ", in block (%u, %u, %u)",
                 block_index.x, block_index.y, block_index.z);
    if (!current) throw Failure();
    pause_current();  // the scheduler sees the failure and never comes back
}

static void wait_at(State barrier, const char* operation, unsigned mask, const char* file,
                    int line) {
    if (!current)
        fail("%s at %s:%d in a kernel that was thought to have no barriers", operation, file, line);
    Fiber& fiber = *current;
    fiber.state = barrier;
    fiber.operation = operation;
    fiber.mask = mask;
    fiber.file = file;
    fiber.line = line;
    pause_current();
}

static dim3 thread_at(unsigned i) {
    return dim3(i % block_size.x, i / block_size.x % block_size.y,
                i / (block_size.x * block_size.y));
}

// What threads share is full of NaN at the beginning of a block, so that they do not rely on zeros.
inline void clear_shared(size_t dynamic_bytes) {
    for (unsigned i = 0; i < shared_count; ++i)
        memset(shared_variables[i].address, 0xff, shared_variables[i].size);
    memset(dynamic_shared, 0xff, dynamic_bytes + GUARD);
}

inline bool add_shared(void* address, size_t size) {
    if (shared_count == sizeof shared_variables / sizeof *shared_variables)
        fail("too many shared variables");
    shared_variables[shared_count++] = {address, size};
    memset(address, 0xff, size);
    return true;
}

inline void check_guard(size_t dynamic_bytes) {
    for (unsigned i = 0; i < GUARD; ++i)
        if (dynamic_shared[dynamic_bytes + i] != 0xff)
            fail("written past the %zu bytes of dynamic shared memory", dynamic_bytes);
}

// 0 … count - 1, each once, in the given order; another one for each seed where that is shuffled.
struct Permutation {
    uint64_t count, factor = 1, offset = 0;
    bool backward;
    Permutation(uint64_t count, int order, uint64_t seed)
        : count(count), backward(order == BACKWARD) {
        if (order != SHUFFLED || count < 2) return;
        factor = (seed >> 7) % count | 1;
        while (common_divisor(factor, count) != 1) ++factor;
        offset = (seed >> 21) % count;
    }
    uint64_t operator[](uint64_t i) const {
        return backward ? count - 1 - i : (i * factor + offset) % count;
    }
    static uint64_t common_divisor(uint64_t a, uint64_t b) {
        return b ? common_divisor(b, a % b) : a;
    }
};

static uint64_t random_state;
static uint64_t next_random() {
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return random_state >> 11;
}

}  // namespace emulated
