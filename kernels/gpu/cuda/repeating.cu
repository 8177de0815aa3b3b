// dx = the sum of the copies of it in dy: a times b of them, a_stride and b_stride apart; geometry
// is that of copies, with strides in dy and dx.
#include "numbers.cuh"
#include "strides.cuh"

KERNEL(sum_copies)
(const real* dy, real* dx, const int* geometry, int axes, int a, int a_stride, int b, int b_stride,
 int count) {
    EACH(i, count) {
        long long from = 0, to = 0;
        find(i, geometry, axes, &from, &to);
        float sum = 0;
        for (int j = 0; j < a; ++j)
            for (int k = 0; k < b; ++k)
                sum += value(dy[from + (long long)j * a_stride + (long long)k * b_stride]);
        dx[to] = number(sum);
    }
}
