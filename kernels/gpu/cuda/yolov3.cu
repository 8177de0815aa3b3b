// The loss of YOLO's third version; see layers/yolov3.py. IOU_LOSS: a number of Yolov3Parameter;
// FOCAL, LOGIC, ACCUMULATES: use_focal_loss, use_logic_gradient and accumulate.
#include "functions.cuh"
#include "yolo_answers.cuh"

#define KIND ((Overlap)IOU_LOSS)
#define IS_PLAIN (KIND == MSE)  // whether places and sizes are compared, not how boxes overlap
#define FIRST (IS_PLAIN ? 0 : 4)

struct Rule {
    float thresh, iou_thresh, coord_scale, class_scale, object_scale, smooth, iou_normalizer,
        max_delta;

    __device__ float delta_of_nothing(float objectness) const { return objectness; }

    // The delta is the objectness, or 0.
    __device__ static float gradient_of_nothing(float delta) {
        return LOGIC ? delta * delta * (1 - delta) : delta;
    }
};

__device__ __forceinline__ float overlap_of_sizes(const float* anchor, const Grid& grid,
                                                  float4 truth) {
    const float4 box =
        make_float4(0, 0, anchor[0] / grid.image_width, anchor[1] / grid.image_height);
    return overlap_as<KIND>(box, make_float4(0, 0, truth.z, truth.w));
}

// A thread for each truth. sizes (all_anchors, 2): those of anchors, of which boxes_of gives the
// box, -1 for none.
KERNEL(answer)
(GRID, TRUTHS, const float* numbers, const float* sizes, const int* boxes_of, int all_anchors,
 int each, int* answers) {
    const Grid grid = THE_GRID;
    const Truths truths = THE_TRUTHS;
    const Rule& rule = THE_RULE;
    EACH(i, truths.count()) {
        const float4 truth = truths.boxes[i];
        Spot at = cell_of(grid, truths, i);
        int* its = answers + i * each;
        for (int k = 0; k < each; ++k) its[k] = -1;
        Best best = {-1, 0};
        for (int anchor = 0; anchor < all_anchors; ++anchor)
            best.meet(anchor, overlap_of_sizes(sizes + 2 * anchor, grid, truth));
        int found = 0, taken = best.most > 0 ? best.place : -1;
        if (taken >= 0 && boxes_of[taken] >= 0) {
            // From here on the box's number stands for its anchor's, as in MobileNet-YOLO.
            at.box = taken = boxes_of[taken];
            its[found++] = grid.number_of(at);
        }
        if (!(rule.iou_thresh < 1)) continue;
        for (int anchor = 0; anchor < all_anchors; ++anchor) {
            if (boxes_of[anchor] < 0 || anchor == taken) continue;
            const float shared = overlap_of_sizes(sizes + 2 * anchor, grid, truth);
            if (!(shared > rule.iou_thresh)) continue;
            at.box = boxes_of[anchor];
            its[found++] = grid.number_of(at);
        }
    }
}

struct Answer {
    const Rule& rule;
    const Prediction x;
    const float4 box;

    __device__ Answer(const Rule& rule, const Prediction& x) : rule(rule), x(x), box(x.box()) {}

    __device__ float draw(float4 truth, int label, float* deltas) const {
        draw_classes(label, deltas);
        if (LANE != 0) return 0;
        deltas[4] = chance(x[4]) - 1;
        if (LOGIC) deltas[4] *= rule.object_scale;
        if (IS_PLAIN) draw_place(truth, deltas);
        else draw_nearer(truth, deltas);
        // A loss by plain overlap is told as one by distance.
        return IS_PLAIN ? 0.f : 1 - overlap_as<KIND == IOU ? DIOU : KIND>(box, truth);
    }

    __device__ void finish(float* deltas) const {
        EACH_NUMBER(k, x.grid) {
            if (!LOGIC || k == 2 || k == 3) continue;
            const float p = chance(x[k]);
            deltas[k] *= p * (1 - p);
        }
    }

  private:
    __device__ void draw_place(float4 truth, float* deltas) const {
        const Grid& grid = x.grid;
        const float* anchor = x.anchor();
        const float weight = rule.coord_scale * (2 - truth.z * truth.w);
        deltas[0] = weight * (chance(x[0]) - (truth.x * grid.width - x.at.column));
        deltas[1] = weight * (chance(x[1]) - (truth.y * grid.height - x.at.row));
        deltas[2] = weight * (x[2] - logf(truth.z / (anchor[0] / grid.image_width)));
        deltas[3] = weight * (x[3] - logf(truth.w / (anchor[1] / grid.image_height)));
    }

    __device__ void draw_nearer(float4 truth, float* deltas) const {
        const float4 slope = overlap_slope<KIND>(box, truth);
        pull(slope.x, deltas);
        pull(slope.y, deltas + 1);
        pull(slope.z * expf(x[2]), deltas + 2);
        pull(slope.w * expf(x[3]), deltas + 3);
    }

    __device__ void pull(float slope, float* delta) const {
        slope *= rule.iou_normalizer;
        if (!(fabsf(slope) < INFINITY)) slope = 0;
        *delta = (ACCUMULATES ? *delta : 0.f) - clamped(slope, -rule.max_delta, rule.max_delta);
    }

    __device__ void draw_classes(int label, float* deltas) const {
        deltas += FIELDS;
        const int is_taken = LANE == label % LANES && deltas[label] != 0;
        if (over_lanes<Largest>(is_taken)) {  // another truth was here
            if (LANE == label % LANES) deltas[label] = class_delta(label, 1 - rule.smooth / 2);
            return;
        }
        const float factor = FOCAL ? focal_factor(chance(x[FIELDS + label]) + 1e-15f) : 1.f;
        const float smooth = FOCAL ? 0.f : rule.smooth;
        for (int c = LANE; c < x.grid.classes; c += LANES)
            deltas[c] = factor * class_delta(c, c == label ? 1 - smooth / 2 : smooth / 2);
    }

    __device__ float class_delta(int c, float aim) const {
        return rule.class_scale * (chance(x[FIELDS + c]) - aim);
    }

    __device__ static float focal_factor(float right) {
        return -0.5f * (1 - right) * (2 * right * logf(right) + right - 1);
    }
};

#include "yolo_loss.cuh"
