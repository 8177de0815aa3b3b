// How much boxes (x, y, w, h) overlap, measured in several ways, and which way they have to go to
// overlap more; see layers/families/center_boxes.py.
#pragma once
#include "center_boxes.cuh"

// As Yolov3Parameter numbers them.
enum Overlap { IOU, GIOU, MSE, DIOU, CIOU };

#define QUARTER 0.40528473f  // 4 / pi^2

__device__ __forceinline__ float squared(float v) { return v * v; }

__device__ __forceinline__ float squared_distance(float4 a, float4 b) {
    return squared(a.x - b.x) + squared(a.y - b.y);
}

// Width and height of the least box around two, given by their corners.
__device__ __forceinline__ float2 hull_of(float4 p, float4 q) {
    return make_float2(larger(p.z, q.z) - smaller(p.x, q.x), larger(p.w, q.w) - smaller(p.y, q.y));
}

// The angle between the diagonals of b and a.
__device__ __forceinline__ float turn(float4 a, float4 b) {
    return atanf(ratio(b.z, b.w)) - atanf(ratio(a.z, a.w));
}

template <Overlap KIND> __device__ __forceinline__ float overlap_as(float4 a, float4 b) {
    const float2 areas = common_areas(a, b);
    const float shared = ratio(areas.x, areas.y);
    if (KIND == IOU || KIND == MSE) return shared;
    const float2 hull = hull_of(corners(a), corners(b));
    const float area = __fmul_rn(hull.x, hull.y);
    if (KIND == GIOU) return shared - ratio(area - areas.y, area);
    const float apart = ratio(squared_distance(a, b), squared(hull.x) + squared(hull.y));
    if (KIND == DIOU) return shared - powf(apart, 0.6f);
    const float aspect = QUARTER * squared(turn(a, b));
    return shared - apart - squared(aspect) / (1 - shared + aspect + 1e-6f);
}

// Areas of two boxes, as overlap_slope has them: what they share, negative sides and all, what
// either covers, and the hull's.
struct Areas {
    float both, either, hull;
    bool is_apart;
};

// By one end of box a along an axis: how much the areas of a, of both and of the hull grow.
template <Overlap KIND>
__device__ __forceinline__ float slope_of_end(const Areas& areas, float by, float both_by,
                                              float hull_by) {
    const float either_by = by - both_by;
    const float of_hull =
        (areas.hull * either_by - areas.either * hull_by) / squared(areas.hull);
    if (KIND == GIOU && areas.is_apart) return of_hull;
    float slope = 0;
    if (areas.either > 0)
        slope = (areas.either * both_by - areas.both * either_by) / squared(areas.either);
    return KIND == GIOU ? slope + of_hull : slope;
}

// Two boxes along one axis: where they begin and end, and how far it is from a's centre to b's.
struct Axis {
    float low, high, b_low, b_high, way;

    __device__ float inner() const { return smaller(high, b_high) - larger(low, b_low); }
    __device__ float hull() const { return larger(high, b_high) - smaller(low, b_low); }
};

// By the centre of box a and by its size along an axis; side: of a, along the other one.
template <Overlap KIND>
__device__ __forceinline__ float2 slopes_along(const Axis& axis, const Axis& other, float side,
                                               float either) {
    const float inner = other.inner(), outer = other.hull();
    const Areas areas = {axis.inner() * inner, either, axis.hull() * outer,
                         axis.inner() <= 0 || inner <= 0};
    const bool is_lowest = axis.low < axis.b_low, is_highest = axis.high > axis.b_high;
    float2 slopes = make_float2(0, 0);
    if (!(areas.is_apart && (KIND == DIOU || KIND == CIOU))) {
        const float low = slope_of_end<KIND>(areas, -side, axis.low > axis.b_low ? -inner : 0.f,
                                             is_lowest ? -outer : 0.f);
        const float high = slope_of_end<KIND>(areas, side, axis.high < axis.b_high ? inner : 0.f,
                                              is_highest ? outer : 0.f);
        slopes = make_float2(low + high, high - low);
    }
    if (KIND == DIOU || KIND == CIOU) {
        const float diagonal = squared(axis.hull()) + squared(outer);
        const float distance = squared(axis.way) + squared(other.way);
        const float grows = 2 * axis.hull() * distance / squared(diagonal);
        slopes.x += 2 * axis.way / diagonal - grows * (float)(is_highest - is_lowest);
        slopes.y += grows * 0.5f * (float)(is_highest + is_lowest);
    }
    return slopes;
}

// By x, y, w and h of box a.
template <Overlap KIND> __device__ float4 overlap_slope(float4 a, float4 b) {
    const float4 p = corners(a), q = corners(b);
    const Axis along_x = {p.x, p.z, q.x, q.z, b.x - a.x};
    const Axis along_y = {p.y, p.w, q.y, q.w, b.y - a.y};
    const float both = along_x.inner() * along_y.inner(), either = a.z * a.w + b.z * b.w - both;
    const float2 x = slopes_along<KIND>(along_x, along_y, a.w, either);
    const float2 y = slopes_along<KIND>(along_y, along_x, a.z, either);
    float4 slopes = make_float4(x.x, y.x, x.y, y.y);
    if (KIND == CIOU) {
        const float angle = turn(a, b), aspect = QUARTER * squared(angle);
        const float weight = aspect / (1 - both / either + aspect + 1e-6f) * 2 * QUARTER * angle;
        slopes.z += weight * a.w;
        slopes.w -= weight * a.z;
    }
    return slopes;
}
