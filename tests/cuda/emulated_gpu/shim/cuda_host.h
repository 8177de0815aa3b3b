// What CUDA C++ kernels need to be compiled by g++ and run on the host, for tests.
//
// Kernels see CORTADO_ON_HOST, defined to 1, where CUDA and the host cannot share a line. Not
// imitated: textures, cooperative groups, tensor cores, streams, __activemask, and races between
// threads of a kernel without barriers (there, each thread runs to its end before the next begins).
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "execution.h"
#include "reduced_floats.h"
#include "vectors.h"
#include "arithmetic.h"
#include "atomics.h"
#include "warp.h"
#include "launch.h"

#define threadIdx (::emulated::thread_index)
#define blockIdx (::emulated::block_index)
#define blockDim (::emulated::block_size)
#define gridDim (::emulated::grid_size)
#define warpSize 32
using ::emulated::dim3;

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
// One block runs at a time, so what its threads share may be static. kernel_text.py puts the other
// line after each declaration; a section of their own would not do: in templates, g++ ignores it.
#define __shared__ static
#define EMULATED_SHARED(name) \
    static const bool name##_is_shared = ::emulated::add_shared(&name, sizeof name);

#undef assert
#define assert(condition) \
    ((condition) ? (void)0 : ::emulated::fail("assertion failed: %s", #condition))
#define __trap() ::emulated::fail("__trap")
