"""A small SSD that finds rectangles, ellipses and triangles, trained from scratch in minutes.

python docs/examples/ssd_shapes.py [--iterations 600] [--picture found.png]

It draws its own images, writes them into LMDBs of AnnotatedDatums, trains with random crops,
mirrored and distorted, and prints the mean average precision on images it has not seen.
"""

import argparse
import tempfile
from pathlib import Path

import cv2
import lmdb
import numpy as np

import caffe
from caffe import layers as L
from caffe import params as P
from caffe.proto import caffe_pb2
from cortado.proto import read_solver
from cortado.solvers import Solver

SIZE = 64  # pixels, of both sides
CLASSES = ["background", "rectangle", "ellipse", "triangle"]
IMAGES = {"train": 1200, "test": 200}
BATCH = {"train": 16, "test": 20}

# What is predicted from each map: boxes of about so many pixels.
HEADS = {
    "norm3": dict(step=4, min_size=14, max_size=20),
    "conv4": dict(step=8, min_size=20, max_size=30),
    "conv5": dict(step=16, min_size=30, max_size=42),
}
VARIANCE = [0.1, 0.1, 0.2, 0.2]

SOLVER = """
train_net: "{folder}/train.prototxt" test_net: "{folder}/test.prototxt"
type: "Adam" base_lr: 0.002 momentum: 0.9 momentum2: 0.999 weight_decay: 0.0001
lr_policy: "multistep" gamma: 0.2 stepvalue: {three_quarters} max_iter: {iterations}
test_iter: {batches} test_interval: {interval} test_initialization: false
eval_type: "detection" ap_version: "11point" show_per_class_result: true
random_seed: 1 snapshot_prefix: "{folder}/ssd" snapshot_after_train: false
"""


def draw_image(rng):
    """An image (64, 64, 3) of noise with one to three shapes: (image, [(label, box), ...])."""
    image = rng.integers(0, 110, (SIZE, SIZE, 3)).astype(np.uint8)
    objects, taken = [], np.zeros((SIZE, SIZE), bool)
    for _ in range(rng.integers(1, 4)):
        width, height = rng.integers(14, 38, 2)
        x, y = rng.integers(0, SIZE - width), rng.integers(0, SIZE - height)
        if taken[y : y + height, x : x + width].any():
            continue
        taken[y : y + height, x : x + width] = True
        label = int(rng.integers(1, len(CLASSES)))
        draw_shape(image, label, x, y, width, height, rng.integers(140, 256, 3).tolist())
        objects.append((label, np.array([x, y, x + width, y + height]) / SIZE))
    return image, objects


def draw_shape(image, label, x, y, width, height, color):
    """Fill one shape that touches all sides of its box."""
    right, bottom = int(x + width - 1), int(y + height - 1)
    if CLASSES[label] == "rectangle":
        cv2.rectangle(image, (int(x), int(y)), (right, bottom), color, -1)
    elif CLASSES[label] == "ellipse":
        centre, axes = ((x + right) / 2, (y + bottom) / 2), (width - 1, height - 1)
        cv2.ellipse(image, (centre, tuple(map(float, axes)), 0), color, -1)
    else:
        corners = [[(x + right) // 2, y], [x, bottom], [right, bottom]]
        cv2.fillPoly(image, [np.array(corners, np.int32)], color)


def annotated_datum(image, objects):
    """The record of an image: a PNG, and a group of boxes for each label."""
    record = caffe_pb2.AnnotatedDatum(type=caffe_pb2.AnnotatedDatum.BBOX)
    record.datum.encoded = True
    record.datum.data = cv2.imencode(".png", image)[1].tobytes()
    for label, (xmin, ymin, xmax, ymax) in objects:
        group = record.annotation_group.add(group_label=label)
        box = group.annotation.add().bbox
        box.xmin, box.ymin, box.xmax, box.ymax = xmin, ymin, xmax, ymax
    return record


def write_database(path, count, rng):
    """An LMDB of as many images."""
    with lmdb.open(str(path), map_size=1 << 28) as database, database.begin(write=True) as records:
        for i in range(count):
            records.put(f"{i:08}".encode(), annotated_datum(*draw_image(rng)).SerializeToString())


def data(n, source, part):
    """Images and their objects; in training parts of them, mirrored, in other colors."""
    transform = dict(
        mean_value=[80, 80, 80],
        scale=1 / 64,
        resize_param=dict(height=SIZE, width=SIZE, resize_mode=P.Resize.WARP),
    )
    annotated = {}
    if part == "train":
        transform.update(
            mirror=True,
            emit_constraint=dict(emit_type=caffe_pb2.EmitConstraint.CENTER),
            distort_param=dict(brightness_prob=0.5, brightness_delta=20),
            expand_param=dict(prob=0.3, max_expand_ratio=1.4),
        )
        annotated["batch_sampler"] = [
            dict(max_sample=1, max_trials=1),
            dict(
                sampler=dict(min_scale=0.6, min_aspect_ratio=0.7, max_aspect_ratio=1.4),
                sample_constraint=dict(min_object_coverage=0.9),
                max_sample=1,
                max_trials=20,
            ),
        ]
    n.data, n.label = L.AnnotatedData(
        data_param=dict(source=str(source), backend=P.Data.LMDB, batch_size=BATCH[part]),
        transform_param=transform,
        annotated_data_param=annotated,
        ntop=2,
    )


def convolution(n, name, bottom, num_output):
    """Convolution and ReLU."""
    n[name] = L.Convolution(
        bottom, kernel_size=3, pad=1, num_output=num_output, weight_filler=dict(type="msra")
    )
    n[f"{name}_relu"] = L.ReLU(n[name], in_place=True)
    return n[name]


def pooling(n, name, bottom):
    """Half the height and width."""
    n[name] = L.Pooling(bottom, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    return n[name]


def head(n, name, what, count):
    """Numbers for every box of every cell of a map, as (N, boxes * numbers)."""
    blob = f"{name}_{what}"
    n[blob] = L.Convolution(
        n[name], kernel_size=3, pad=1, num_output=count, weight_filler=dict(type="xavier")
    )
    n[f"{blob}_perm"] = L.Permute(n[blob], order=[0, 2, 3, 1])
    n[f"{blob}_flat"] = L.Flatten(n[f"{blob}_perm"])
    return n[f"{blob}_flat"]


def ssd(source, part):
    """The net of a part, "train" or "test", as a NetParameter."""
    n = caffe.NetSpec()
    data(n, source, part)
    pool1 = pooling(n, "pool1", convolution(n, "conv1", n.data, 16))
    pool2 = pooling(n, "pool2", convolution(n, "conv2", pool1, 32))
    conv3 = convolution(n, "conv3", pool2, 48)
    n.norm3 = L.Normalize(
        conv3,
        norm_param=dict(
            across_spatial=False, channel_shared=False, scale_filler=dict(type="constant", value=8)
        ),
    )
    conv4 = convolution(n, "conv4", pooling(n, "pool3", conv3), 64)
    convolution(n, "conv5", pooling(n, "pool4", conv4), 64)
    locations, scores, priors = [], [], []
    for name, sizes in HEADS.items():
        boxes = 4  # two squares, and boxes twice as wide or as high
        locations.append(head(n, name, "loc", 4 * boxes))
        scores.append(head(n, name, "conf", len(CLASSES) * boxes))
        n[f"{name}_prior"] = L.PriorBox(
            n[name], n.data, prior_box_param=dict(sizes, aspect_ratio=[2], variance=VARIANCE)
        )
        priors.append(n[f"{name}_prior"])
    n.loc, n.conf = L.Concat(*locations, axis=1), L.Concat(*scores, axis=1)
    n.prior = L.Concat(*priors, axis=2)
    (loss if part == "train" else detections)(n)
    return n.to_proto()


def loss(n):
    """What is trained."""
    n.loss = L.MultiBoxLoss(
        *(n.loc, n.conf, n.prior, n.label),
        multibox_loss_param=dict(num_classes=len(CLASSES), code_type=P.PriorBox.CENTER_SIZE),
        propagate_down=[True, True, False, False],
    )


def detections(n):
    """What is found, and how much of it is right."""
    n.conf_rows = L.Reshape(n.conf, shape=dict(dim=[0, -1, len(CLASSES)]))
    n.conf_softmax = L.Softmax(n.conf_rows, axis=2)
    n.conf_flat = L.Flatten(n.conf_softmax)
    n.found = L.DetectionOutput(
        *(n.loc, n.conf_flat, n.prior),
        detection_output_param=dict(
            num_classes=len(CLASSES),
            code_type=P.PriorBox.CENTER_SIZE,
            nms_param=dict(nms_threshold=0.45, top_k=100),
            keep_top_k=20,
            confidence_threshold=0.02,
        ),
    )
    n.detection_eval = L.DetectionEvaluate(
        n.found, n.label, detection_evaluate_param=dict(num_classes=len(CLASSES))
    )


def draw_found(net, path, threshold=0.5):
    """Write the images of the last batch with a frame around everything found."""
    images = net.blobs["data"].data * 64 + 80
    images = np.ascontiguousarray(images.transpose(0, 2, 3, 1).clip(0, 255).astype(np.uint8))
    for item, label, score, *box in net.blobs["found"].data.reshape(-1, 7):
        if score >= threshold:
            x1, y1, x2, y2 = (int(side * SIZE) for side in box)
            color = [(0, 0, 255), (0, 255, 0), (255, 0, 0)][int(label) - 1]
            cv2.rectangle(images[int(item)], (x1, y1), (x2, y2), color, 1)
    rows = [np.hstack(images[i : i + 5]) for i in range(0, len(images), 5)]
    cv2.imwrite(str(path), np.vstack(rows))


def main(folder, iterations, picture):
    """Train and test."""
    rng = np.random.default_rng(1)
    for part, count in IMAGES.items():
        write_database(folder / part, count, rng)
        (folder / f"{part}.prototxt").write_text(str(ssd(folder / part, part)))
    text = SOLVER.format(
        folder=folder,
        iterations=iterations,
        three_quarters=max(iterations * 3 // 4, 1),
        interval=iterations // 5 if iterations >= 100 else iterations,
        batches=IMAGES["test"] // BATCH["test"],
    )
    (folder / "solver.prototxt").write_text(text)
    solver = Solver(read_solver(folder / "solver.prototxt"))
    solver.on_test = lambda _, scores: print(
        f"iteration {solver.iteration}: loss {solver.smoothed.value:.3f}, mAP {scores[0][1]:.3f}",
        flush=True,
    )
    solver.solve()
    if picture:
        draw_found(solver.test_nets[0], picture)
    solver.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a small SSD on shapes.")
    parser.add_argument("--iterations", type=int, default=600)
    parser.add_argument("--picture", help="where to draw what was found on some test images")
    flags = parser.parse_args()
    caffe.init_log(2)
    with tempfile.TemporaryDirectory() as name:
        main(Path(name), flags.iterations, flags.picture)
