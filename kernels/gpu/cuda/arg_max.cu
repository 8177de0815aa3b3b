// The largest numbers along an axis, x lying as (outer, size, inner), the largest first and of
// equals the last. y has y_size numbers a place; from index_at on the indices, from value_at on the
// numbers themselves; below 0 they are not wanted.
#include "numbers.cuh"
#include "places.cuh"

KERNEL(arg_max)
(const real* xs, float* ys, int top_k, int y_size, int index_at, int value_at, int count, int size,
 int inner) {
    EACH_PLACE(place, count) {
        const unsigned first = first_of(place, size, inner);
        const unsigned y_first = first_of(place, y_size, inner);
        float before = INFINITY;
        int before_c = size;
        for (int k = 0; k < top_k; ++k) {
            // The best of what comes after the one before.
            float best = -INFINITY;
            int best_c = -1;
            EACH_OF_PLACE(c, i, place, size, inner) {
                float x = value(xs[i]);
                if (!(x == x)) x = INFINITY;
                const bool is_next = x < before || (x == before && (int)c < before_c);
                if (is_next && x >= best) best = x, best_c = c;
            }
            before = over_lanes<Largest>(best);
            before_c = over_lanes<Largest>(best == before ? best_c : -1);
            if (LANE != 0) continue;
            if (index_at >= 0) ys[y_first + (index_at + k) * inner] = (float)before_c;
            if (value_at >= 0)
                ys[y_first + (value_at + k) * inner] = value(xs[first + before_c * inner]);
        }
    }
}
