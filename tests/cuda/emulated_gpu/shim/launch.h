// Runs a kernel over its grid, and says what types its parameters have.
#pragma once
#include <tuple>

#include "reduced_floats.h"
#include "scheduler.h"
#include "vectors.h"

namespace emulated {

// Names of parameters' types as NumPy has them; arguments.py reads these.
template <class T>
struct Type {
    static constexpr const char *value = "?", *pointer = "?";
};
#define EMULATED_TYPE(type, name)                                       \
    template <>                                                         \
    struct Type<type> {                                                 \
        static constexpr const char *value = name, *pointer = name "*"; \
    };
// Pointers to vectors take arrays of their elements; by value they cannot be passed.
#define EMULATED_VECTOR(type, name)                                    \
    template <>                                                        \
    struct Type<type> {                                                \
        static constexpr const char *value = "?", *pointer = name "*"; \
    };
EMULATED_TYPE(bool, "bool")
EMULATED_TYPE(char, "int8")
EMULATED_TYPE(signed char, "int8")
EMULATED_TYPE(unsigned char, "uint8")
EMULATED_TYPE(short, "int16")
EMULATED_TYPE(unsigned short, "uint16")
EMULATED_TYPE(int, "int32")
EMULATED_TYPE(unsigned, "uint32")
EMULATED_TYPE(long, "int64")
EMULATED_TYPE(long long, "int64")
EMULATED_TYPE(unsigned long, "uint64")
EMULATED_TYPE(unsigned long long, "uint64")
EMULATED_TYPE(float, "float32")
EMULATED_TYPE(double, "float64")
EMULATED_TYPE(Half, "float16")
EMULATED_VECTOR(BFloat16, "uint16")
EMULATED_VECTOR(Half2, "float16")
EMULATED_VECTOR(BFloat162, "uint16")
EMULATED_VECTOR(void, "any")
EMULATED_VECTOR(float2, "float32")
EMULATED_VECTOR(float4, "float32")
EMULATED_VECTOR(double2, "float64")
EMULATED_VECTOR(int2, "int32")
EMULATED_VECTOR(int4, "int32")
EMULATED_VECTOR(uint2, "uint32")
EMULATED_VECTOR(uint4, "uint32")

template <class T>
struct Parameter : Type<T> {
    static constexpr const char* name = Type<T>::value;
};
template <class T>
struct Parameter<T*> {
    static constexpr const char* name = Type<T>::pointer;
};
template <class T>
struct Parameter<const T*> : Parameter<T*> {};

// The types of a kernel's parameters, ended by null.
template <class... T>
const char** parameters(void (*)(T...)) {
    static const char* names[] = {Parameter<T>::name..., nullptr};
    return names;
}

template <class... T>
struct Call {
    void (*kernel)(T...);
    std::tuple<T...> arguments;
    static void run(const void* self) {
        const Call& call = *static_cast<const Call*>(self);
        std::apply(call.kernel, call.arguments);
    }
};

template <class T>
T read(const uint64_t*& values) {
    T value;
    memcpy(&value, values++, sizeof value);
    return value;
}

static void run_grid(const Launch& launch) {
    const unsigned threads = block_size.x * block_size.y * block_size.z;
    const uint64_t blocks = (uint64_t)grid_size.x * grid_size.y * grid_size.z;
    const Permutation block_order(blocks, launch.order, next_random());
    const Permutation thread_order(threads, launch.order, next_random());
    Stacks stacks(launch.with_fibers ? threads : 0);
    for (uint64_t i = 0; i < blocks; ++i) {
        const uint64_t block = block_order[i];
        block_index = dim3(block % grid_size.x, block / grid_size.x % grid_size.y,
                           block / ((uint64_t)grid_size.x * grid_size.y));
        clear_shared(launch.shared_bytes);
        if (launch.with_fibers) {
            run_block_in_fibers(threads, launch.order);
        } else {
            for (unsigned j = 0; j < threads; ++j) {
                thread_index = thread_at(thread_order[j]);
                thread_body(thread_arguments);
            }
        }
        check_guard(launch.shared_bytes);
    }
}

// Null, or what went wrong.
template <class... T>
const char* run(void (*kernel)(T...), const Launch& launch, const uint64_t* values) {
    const Call<T...> call{kernel, std::tuple<T...>{read<T>(values)...}};
    thread_body = Call<T...>::run;
    thread_arguments = &call;
    grid_size = dim3(launch.grid[0], launch.grid[1], launch.grid[2]);
    block_size = dim3(launch.block[0], launch.block[1], launch.block[2]);
    random_state = 1;  // shuffled orders are the same each time
    failure[0] = 0;
    try {
        run_grid(launch);
    } catch (Failure) {
        current = nullptr;
        return failure;
    }
    return nullptr;
}

}  // namespace emulated

// What module.py looks up for each kernel.
#define EMULATED_KERNEL(kernel, threads)                                                      \
    extern "C" __attribute__((visibility("default"))) const char** parameters_of_##kernel() { \
        return emulated::parameters(&cortado_kernels::kernel);                                \
    }                                                                                         \
    extern "C" __attribute__((visibility("default"))) unsigned most_threads_of_##kernel() {   \
        return cortado_kernels::threads;                                                      \
    }                                                                                         \
    extern "C" __attribute__((visibility("default"))) const char* run_##kernel(               \
        const emulated::Launch& launch, const uint64_t* values) {                             \
        return emulated::run(&cortado_kernels::kernel, launch, values);                       \
    }
