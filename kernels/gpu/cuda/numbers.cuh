// The types of the numbers in blobs, and the loop that every thread runs through.
#pragma once

// real: what blobs hold; value(x) makes a float of it, number(v) rounds a float to it.
#if REAL == 1
#include <cuda_fp16.h>
typedef __half real;
__device__ __forceinline__ float value(real x) { return __half2float(x); }
__device__ __forceinline__ real number(float v) { return __float2half_rn(v); }
#elif REAL == 2
#include <cuda_bf16.h>
typedef __nv_bfloat16 real;
__device__ __forceinline__ float value(real x) { return __bfloat162float(x); }
__device__ __forceinline__ real number(float v) { return __float2bfloat16_rn(v); }
#else
typedef float real;
__device__ __forceinline__ float number(float v) { return v; }
#endif
__device__ __forceinline__ float value(float x) { return x; }

// NVRTC, which reads no headers of C, does not have it.
#ifndef INFINITY
#define INFINITY __int_as_float(0x7f800000)
#endif

// KERNEL(name)(arguments) { ... } can be launched from outside, in blocks of up to 256 threads, for
// which there always are enough registers; WIDE_KERNEL in larger ones, too.
#define KERNEL(name) extern "C" __global__ void name
#define WIDE_KERNEL(name) extern "C" __global__ void __launch_bounds__(1024) name

// Runs through 0 .. count - 1, shared out among all threads of the grid.
#define EACH(i, count)                                                                   \
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < (unsigned)(count);      \
         i += gridDim.x * blockDim.x)
