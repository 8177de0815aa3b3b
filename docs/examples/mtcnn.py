"""Find faces with MTCNN's three Caffe models, and draw them with their eyes, noses and mouths.

python docs/examples/mtcnn.py WEIGHTS PHOTOGRAPH faces.png

WEIGHTS is a folder with det1, det2 and det3, each as .prototxt and .caffemodel. P-Net looks at the
photograph in many sizes and proposes boxes, R-Net and O-Net look at each box more closely: Zhang et
al., "Joint Face Detection and Alignment using Multi-task Cascaded Convolutional Networks", 2016.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from cortado import dnn

SMALLEST_FACE = 24  # pixels
STEP = 0.709  # from one size of the photograph to the next
THRESHOLDS = 0.6, 0.7, 0.7  # of the probability of a face, net by net
CELL, STRIDE = 12, 2  # what a number of P-Net's output saw, and how far the next one is


def nets_input(image, size):
    """(1, 3, width, height), RGB in [-1, 1]: these nets were trained on transposed pictures."""
    blob = dnn.blobFromImage(image, 1 / 128, size, (127.5, 127.5, 127.5), swapRB=True)
    return blob.transpose(0, 1, 3, 2)


def scales(image):
    """How much smaller each picture of the pyramid is; the smallest has one cell."""
    scale = CELL / SMALLEST_FACE
    while min(image.shape[:2]) * scale >= CELL:
        yield scale
        scale *= STEP


def proposals(net, image, scale):
    """Boxes (n, 4) as x1, y1, x2, y2, corrected, and scores (n) of the cells that saw a face."""
    height, width = image.shape[:2]
    net.setInput(nets_input(image, (int(np.ceil(width * scale)), int(np.ceil(height * scale)))))
    probability, offsets = net.forward(["prob1", "conv4-2"])
    x, y = np.nonzero(probability[0, 1] >= THRESHOLDS[0])
    corners = np.stack([x, y, x, y], axis=1) * STRIDE + [0, 0, CELL, CELL]
    return moved(corners / scale, offsets[0][:, x, y].T), probability[0, 1][x, y]


def looked_at(net, outputs, image, boxes, size):
    """What a net gives for each box, cut out of the image and resized."""
    if not len(boxes):
        return [np.zeros((0, 10), np.float32)] * len(outputs)
    net.setInput(np.concatenate([nets_input(cut_out(image, box), (size, size)) for box in boxes]))
    return net.forward(outputs)


def cut_out(image, box):
    """The part of the image in a box, black where it reaches beyond."""
    x1, y1, x2, y2 = np.round(box).astype(int)
    part = np.zeros((max(y2 - y1, 1), max(x2 - x1, 1), 3), np.uint8)
    inside = image[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)]
    top, left = max(-y1, 0), max(-x1, 0)
    part[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    return part


def moved(boxes, offsets):
    """Boxes whose corners are moved by fractions of their sizes."""
    sizes = boxes[:, 2:] - boxes[:, :2]
    return boxes + offsets * np.tile(sizes, 2)


def squared(boxes):
    """Squares with the centres and the longer sides of the boxes."""
    centres, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    half = sizes.max(axis=1, initial=0, keepdims=True) / 2
    return np.concatenate([centres - half, centres + half], axis=1)


def best(boxes, scores, overlap):
    """Which boxes remain when those that overlap a better one by more are left out."""
    corners_and_sizes = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = dnn.NMSBoxes(corners_and_sizes.tolist(), scores.tolist(), 0.0, overlap)
    return np.array(kept, int).ravel()


def faces(folder, image):
    """Boxes (n, 4), scores (n) and landmarks (n, 5, 2) of the faces in a BGR image."""
    p_net, r_net, o_net = (
        dnn.readNetFromCaffe(folder / f"det{i}.prototxt", folder / f"det{i}.caffemodel")
        for i in (1, 2, 3)
    )
    found = []
    for scale in scales(image):
        boxes, scores = proposals(p_net, image, scale)
        kept = best(boxes, scores, 0.5)
        found.append((boxes[kept], scores[kept]))
    boxes, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
    kept = best(boxes, scores, 0.7)
    print(f"P-Net: {len(kept)} boxes")

    boxes = squared(boxes[kept])
    probability, offsets = looked_at(r_net, ["prob1", "conv5-2"], image, boxes, 24)
    kept = probability[:, 1] >= THRESHOLDS[1]
    boxes, scores = moved(boxes[kept], offsets[kept, :4]), probability[kept, 1]
    kept = best(boxes, scores, 0.7)
    print(f"R-Net: {len(kept)} boxes")

    boxes, outputs = squared(boxes[kept]), ["prob1", "conv6-2", "conv6-3"]
    probability, offsets, points = looked_at(o_net, outputs, image, boxes, 48)
    kept = probability[:, 1] >= THRESHOLDS[2]
    boxes, scores = boxes[kept], probability[kept, 1]
    sizes = boxes[:, 2:] - boxes[:, :2]
    points = points[kept].reshape(-1, 2, 5).transpose(0, 2, 1)  # from all x, then all y
    landmarks = boxes[:, None, :2] + points * sizes[:, None]
    boxes = moved(boxes, offsets[kept, :4])
    kept = best(boxes, scores, 0.4)
    return boxes[kept], scores[kept], landmarks[kept]


def draw(image, boxes, scores, landmarks):
    """Draw what was found into the image."""
    thickness = max(1, round(max(image.shape) / 300))
    for box, score, points in zip(boxes, scores, landmarks, strict=True):
        x1, y1, x2, y2 = map(int, np.round(box))
        cv2.rectangle(image, (x1, y1), (x2, y2), (0, 200, 255), thickness)
        place, font = (x1, y1 - 2 * thickness), cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(image, f"{score:.3f}", place, font, 0.25 * thickness, (0, 200, 255), 1)
        for x, y in np.round(points).astype(int):
            cv2.circle(image, (int(x), int(y)), thickness, (80, 255, 80), -1)


def main(weights, photograph, picture):
    """Find the faces in a photograph, print them, and write the picture."""
    image = cv2.imread(photograph)
    if image is None:
        sys.exit(f"{photograph}: is no picture that OpenCV can read")
    boxes, scores, landmarks = faces(Path(weights), image)
    print(f"O-Net: {len(boxes)} boxes")
    for box, score in zip(boxes, scores, strict=True):
        print(f"face {score:.3f} at {' '.join(f'{number:.0f}' for number in box)}")
    draw(image, boxes, scores, landmarks)
    cv2.imwrite(picture, image)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
