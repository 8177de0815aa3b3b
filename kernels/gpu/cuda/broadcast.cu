// y[g, o, p, i] = FUNCTION, an expression in x and z there, s[g, p], b[g, p] and a, for arrays that
// lie as (groups, outer, parts, inner). READS_X and so on say which it reads; y may be x or z.
#include "divide.cuh"
#include "numbers.cuh"

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
(const real* xs, const real* zs, const s_type* ss, const b_type* bs, real* ys, float a, int count,
 int parts, unsigned inner_factor, int inner_shift, unsigned parts_factor, int parts_shift,
 unsigned outer_factor, int outer_shift) {
    EACH(i, count) {
        const unsigned row = quotient(i, inner_factor, inner_shift);
        const unsigned place = quotient(row, parts_factor, parts_shift);
        const unsigned g = quotient(place, outer_factor, outer_shift);
        const unsigned part = row - (place - g) * parts;
#ifdef READS_X
        const float x = value(xs[i]);
#endif
#ifdef READS_Z
        const float z = value(zs[i]);
#endif
#ifdef READS_S
        const float s = value(ss[part]);
#endif
#ifdef READS_B
        const float b = value(bs[part]);
#endif
        ys[i] = number(FUNCTION);
    }
}
