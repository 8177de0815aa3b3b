// y[g, o, p, i] = FUNCTION, an expression in x and z there, s[g, p], b[g, p] and a, for arrays that
// lie as (groups, outer, parts, inner). READS_X and so on say which it reads; y may be x or z.
#include "divide.cuh"
#include "fours.cuh"

#ifdef S_IS_REAL
typedef real s_type;
#else
typedef float s_type;
#endif
#ifdef B_IS_REAL
typedef real b_type;
#else
typedef float b_type;
#endif

KERNEL(broadcast)
(const real* xs, const real* zs, real* ys, int count, int aligned, const s_type* ss,
 const b_type* bs, float a, int parts, unsigned inner_factor, int inner_shift,
 unsigned parts_factor, int parts_shift, unsigned outer_factor, int outer_shift) {
    EACH_FOUR(j, count) {
#ifdef READS_X
        const Four x_four = load_four(xs, j, count, aligned);
#endif
#ifdef READS_Z
        const Four z_four = load_four(zs, j, count, aligned);
#endif
        Four four;
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            // Beyond the end there is nothing; the last number's part is as good as any.
            const unsigned i = min(4 * j + k, (unsigned)count - 1);
            const unsigned row = quotient(i, inner_factor, inner_shift);
            const unsigned place = quotient(row, parts_factor, parts_shift);
            const unsigned g = quotient(place, outer_factor, outer_shift);
            const unsigned part = row - (place - g) * parts;
#ifdef READS_X
            const float x = value(x_four.of[k]);
#endif
#ifdef READS_Z
            const float z = value(z_four.of[k]);
#endif
#ifdef READS_S
            const float s = value(ss[part]);
#endif
#ifdef READS_B
            const float b = value(bs[part]);
#endif
            four.of[k] = number(FUNCTION);
        }
        store_four(ys, j, count, aligned, four);
    }
}
