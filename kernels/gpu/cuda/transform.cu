// y = (x - mean) * scale: numbers of a batch on their way into a blob, each for itself.
#include "numbers.cuh"

#ifndef STORED
#define STORED float  // the type of x
#endif

// Items of `channels` times `size` numbers, of an image `width` wide; x and y say how far apart
// neighbours among the channels, and among the places, lie. places: for each item, the top and left
// of where it lies in the mean, and whether y is mirrored left to right; null: 0, 0, no. In the
// mean, neighbours may lie 0 apart.
KERNEL(transform)
(const STORED* xs, const int* places, const float* means, real* ys, int count, int channels,
 int size, int width, int x_channel, int x_place, int y_channel, int y_place, int mean_channel,
 int mean_row, int mean_column, float scale) {
    EACH(i, count) {
        const unsigned item = i / size, place = i - item * size, row = place / width;
        unsigned column = place - row * width, top = 0, left = 0;
        if (places) {
            top = places[3 * item];
            left = places[3 * item + 1];
            if (places[3 * item + 2]) column = width - 1 - column;
        }
        const unsigned start = item * (unsigned)size * channels;
        const STORED* x = xs + start + (row * width + column) * x_place;
        const float* mean = means + (top + row) * mean_row + (left + column) * mean_column;
        real* y = ys + start + place * y_place;
        for (int c = 0; c < channels; ++c)
            y[c * y_channel] = number(((float)x[c * x_channel] - mean[c * mean_channel]) * scale);
    }
}
