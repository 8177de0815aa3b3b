// A key and a number, as one number: larger keys are larger, of equal ones that of the smaller
// number.
#pragma once

typedef unsigned long long Entry;
__device__ __forceinline__ Entry entry_of(unsigned key, unsigned number) {
    return (Entry)key << 32 | ~number;
}
__device__ __forceinline__ unsigned key_of_entry(Entry entry) { return (unsigned)(entry >> 32); }
__device__ __forceinline__ int number_of(Entry entry) { return (int)~(unsigned)entry; }
