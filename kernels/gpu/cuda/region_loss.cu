// The loss of YOLO's second version; see layers/region_loss.py. BY_ANCHOR: bias_match; RESCORES:
// rescore.
#include "yolo_answers.cuh"

#define KIND IOU
#define FIRST 0

__device__ __forceinline__ float slope_of(float chance) { return chance * (1 - chance); }

struct Rule {
    float thresh, noobject_scale, object_scale, coord_scale, class_scale;

    __device__ float delta_of_nothing(float objectness) const {
        return noobject_scale * objectness * slope_of(objectness);
    }
    __device__ static float gradient_of_nothing(float delta) { return delta; }
};

// A thread for each truth.
KERNEL(answer)(GRID, TRUTHS, const float*, int, int* answers) {
    const Grid grid = THE_GRID;
    const Truths truths = THE_TRUTHS;
    EACH(i, truths.count()) {
        const float4 truth = truths.boxes[i];
        Spot at = cell_of(grid, truths, i);
        Best best = {-1, 0};
        for (at.box = 0; at.box < grid.num; ++at.box) {
            const float* anchor = grid.anchors + 2 * at.box;
            float4 box = make_float4(0, 0, anchor[0] / grid.width, anchor[1] / grid.height);
            if (!BY_ANCHOR) box = grid.decode(grid.of_box(grid.number_of(at)), at);
            best.meet(at.box, center_overlap(make_float4(0, 0, box.z, box.w),
                                             make_float4(0, 0, truth.z, truth.w)));
        }
        at.box = best.place;
        answers[i] = grid.number_of(at);
    }
}

struct Answer {
    const Rule& rule;
    const Prediction x;
    const float4 box;
    float most, sum;  // of the softmax over the classes

    __device__ Answer(const Rule& rule, const Prediction& x)
        : rule(rule), x(x), box(x.box()), most(-INFINITY), sum(0) {
        for (int c = LANE; c < x.grid.classes; c += LANES) most = larger(most, x[FIELDS + c]);
        most = over_lanes<Largest>(most);
        for (int c = LANE; c < x.grid.classes; c += LANES) sum += expf(x[FIELDS + c] - most);
        sum = over_lanes<Sum>(sum);
    }

    __device__ float draw(float4 truth, int label, float* deltas) const {
        for (int c = LANE; c < x.grid.classes; c += LANES) {
            const float found = expf(x[FIELDS + c] - most) / sum;
            deltas[FIELDS + c] = rule.class_scale * found - (c == label ? rule.class_scale : 0.f);
        }
        if (LANE == 0) draw_fields(truth, deltas);
        return 0;
    }

    __device__ void finish(float*) const {}

  private:
    __device__ void draw_fields(float4 truth, float* deltas) const {
        const Grid& grid = x.grid;
        const float *anchor = x.anchor(), left = chance(x[0]), top = chance(x[1]);
        const float objectness = chance(x[4]);
        const float weight = rule.coord_scale * (RESCORES ? 1.f : 2 - truth.z * truth.w);
        const float aim = RESCORES ? center_overlap(box, truth) : 1.f;
        deltas[0] = weight * (left - (truth.x * grid.width - x.at.column)) * slope_of(left);
        deltas[1] = weight * (top - (truth.y * grid.height - x.at.row)) * slope_of(top);
        deltas[2] = weight * (x[2] - logf(truth.z * grid.width / anchor[0]));
        deltas[3] = weight * (x[3] - logf(truth.w * grid.height / anchor[1]));
        deltas[4] = rule.object_scale * (objectness - aim) * slope_of(objectness);
    }
};

#include "yolo_loss.cuh"
