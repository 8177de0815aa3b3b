// Atomic operations, for the types CUDA has them for. Only one thread runs at a time: plain ones
// will do.
#pragma once

#define EMULATED_ATOMIC(name, type, result)       \
    inline type name(type* address, type value) { \
        const type old = *address;                \
        *address = (result);                      \
        return old;                               \
    }
#define EMULATED_ATOMIC_INTEGERS(name, result) \
    EMULATED_ATOMIC(name, int, result)         \
    EMULATED_ATOMIC(name, unsigned, result)    \
    EMULATED_ATOMIC(name, unsigned long long, result)

EMULATED_ATOMIC_INTEGERS(atomicAdd, old + value)
EMULATED_ATOMIC(atomicAdd, float, old + value)
EMULATED_ATOMIC(atomicAdd, double, old + value)
EMULATED_ATOMIC(atomicSub, int, old - value)
EMULATED_ATOMIC(atomicSub, unsigned, old - value)
EMULATED_ATOMIC_INTEGERS(atomicMax, old < value ? value : old)
EMULATED_ATOMIC(atomicMax, long long, old < value ? value : old)
EMULATED_ATOMIC_INTEGERS(atomicMin, value < old ? value : old)
EMULATED_ATOMIC(atomicMin, long long, value < old ? value : old)
EMULATED_ATOMIC_INTEGERS(atomicAnd, old& value)
EMULATED_ATOMIC_INTEGERS(atomicOr, old | value)
EMULATED_ATOMIC_INTEGERS(atomicExch, value)
EMULATED_ATOMIC(atomicExch, float, value)

#define EMULATED_ATOMIC_CAS(type)                                     \
    inline type atomicCAS(type* address, type expected, type value) { \
        const type old = *address;                                    \
        if (old == expected) *address = value;                        \
        return old;                                                   \
    }
EMULATED_ATOMIC_CAS(int)
EMULATED_ATOMIC_CAS(unsigned)
EMULATED_ATOMIC_CAS(unsigned short)
EMULATED_ATOMIC_CAS(unsigned long long)
