// c = a b, with a bias for each column, added to what is there, and a ReLU after it. LEFT, RIGHT
// and OUT are the types of a, b and c; A_ALONG_SUM and B_ALONG_SUM tell which of their axes runs
// fastest through memory.
#include "divide.cuh"
#include "numbers.cuh"
#include "tiles.cuh"

template <class Number, bool ALONG_SUM> struct Matrix {
    typedef Strip<ALONG_SUM> Places;
    const Number* numbers;
    int first, lines, end;  // line of the tile's first one, how many there are, end of the sum
    int line_stride, stride;
    __device__ void prepare(int) {}
    __device__ float bring(int i, int k) {
        const int line = first + Places::line(i), place = k + Places::place(i);
        return line < lines && place < end ? value(numbers[line * line_stride + place * stride])
                                           : 0.f;
    }
};

// c (m, n) from a (m, k) and b (k, n), with element strides. The sum is cut into `pieces` of
// `piece` numbers; where there are several, partial (pieces, m, n) gets theirs. One block for each
// tile and piece.
KERNEL(matmul)
(const LEFT* a, const RIGHT* b, const float* bias, OUT* c, float* partial, int m, int n, int k,
 int a_row, int a_k, int b_k, int b_column, int c_row, int c_column, int pieces, int piece,
 int adds, int relu, float slope) {
    const int across = (n + TILE - 1) / TILE, down = (m + TILE - 1) / TILE;
    const int column = blockIdx.x % across * TILE, row = blockIdx.x / across % down * TILE;
    const int part = blockIdx.x / across / down, begin = part * piece;
    const int end = k - begin < piece ? k : begin + piece;
    Matrix<LEFT, A_ALONG_SUM> left = {a, row, m, end, a_row, a_k};
    Matrix<RIGHT, B_ALONG_SUM> right = {b, column, n, end, b_column, b_k};
    float sums[4][4] = {};
    multiply(left, right, begin, end, sums);
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) {
            const int y = row + threadIdx.x / 16 * 4 + i, x = column + threadIdx.x % 16 * 4 + j;
            if (y >= m || x >= n) continue;
            if (pieces > 1) {
                partial[((long long)part * m + y) * n + x] = sums[i][j];
                continue;
            }
            OUT* to = c + y * c_row + x * c_column;
            float v = sums[i][j] + (bias ? bias[x] : 0.f);
            if (adds) v += value(*to);
            put(to, rectified(v, relu, slope));
        }
    }
}

// The same from partial. n_factor and n_shift divide by n.
KERNEL(join)
(const float* partial, const float* bias, OUT* c, int m, int n, unsigned n_factor, int n_shift,
 int c_row, int c_column, int pieces, int adds, int relu, float slope) {
    EACH(i, m * n) {
        const int y = quotient(i, n_factor, n_shift), x = i - y * n;
        float v = bias ? bias[x] : 0.f;
        for (int part = 0; part < pieces; ++part) v += partial[(long long)part * m * n + i];
        OUT* to = c + y * c_row + x * c_column;
        if (adds) v += value(*to);
        put(to, rectified(v, relu, slope));
    }
}
