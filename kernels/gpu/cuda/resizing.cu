// y[n, c, i, j] = sum over a and b of rows[i, a] columns[j, b] x[n, c, first_row[i] + a,
// first_column[j] + b], the weights being (height, most_rows) and (width, most_columns), with 0
// where there are fewer. y lies dense, with channels last or not; x has any strides.
#include "numbers.cuh"

#define PLACE(n, c, row, column, i)                                                  \
    unsigned rest = i, c = 0;                                                        \
    if (y_last) c = rest % channels, rest /= channels;                               \
    const unsigned column = rest % width, above = rest / width, row = above % height; \
    rest = above / height;                                                           \
    if (!y_last) c = rest % channels, rest /= channels;                              \
    const unsigned n = rest

#define ARGUMENTS                                                                         \
    const real *xs, real *ys, const int *first_row, const float *rows, int most_rows,     \
        const int *first_column, const float *columns, int most_columns, int x_n, int x_c, \
        int x_h, int x_w, int channels, int height, int width, int y_last, int count

// Where the weights of a place begin, and the x under the first of them.
#define UNDER(n, c, row, column)                                                        \
    const float *of_row = rows + row * most_rows, *of_column = columns + column * most_columns; \
    const real* x = xs + ((long long)n * x_n + (long long)c * x_c +                      \
                          (long long)first_row[row] * x_h + (long long)first_column[column] * x_w)

KERNEL(resize)(ARGUMENTS) {
    EACH(i, count) {
        PLACE(n, c, row, column, i);
        UNDER(n, c, row, column);
        float sum = 0;
        for (int a = 0; a < most_rows; ++a) {
            if (of_row[a] == 0) continue;
            float of_line = 0;
            for (int b = 0; b < most_columns; ++b)
                if (of_column[b] != 0) of_line += of_column[b] * value(x[a * x_h + b * x_w]);
            sum += of_row[a] * of_line;
        }
        ys[i] = number(sum);
    }
}

// The mean of the numbers that are not nan, or nan where these have more than half their weight.
KERNEL(downsample)(ARGUMENTS) {
    EACH(i, count) {
        PLACE(n, c, row, column, i);
        UNDER(n, c, row, column);
        float sum = 0, known = 0, unknown = 0;
        for (int a = 0; a < most_rows; ++a) {
            for (int b = 0; b < most_columns; ++b) {
                const float weight = of_row[a] * of_column[b];
                if (weight == 0) continue;
                const float v = value(x[a * x_h + b * x_w]);
                if (v == v)
                    known += weight, sum += weight * v;
                else
                    unknown += weight;
            }
        }
        const float nan = __int_as_float(0x7fc00000), mean = sum / (known > 0 ? known : 1.f);
        ys[i] = number(unknown > known / 2 ? nan : mean);
    }
}
