"""Gradient ascent on an image: change it until a layer says what one wants to hear.

python docs/examples/deep_dream.py [IMAGE.png]

Source: Mordvintsev et al., "Inceptionism: Going Deeper into Neural Networks", Google, 2015.
"""

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from digits import DIGITS, trained_weights

import caffe


def ascend(net, end, objective, steps=40, step_size=0.05):
    """Move the image uphill; objective writes into the diff of the top of the layer `end`."""
    source = net.blobs["data"]
    top = net.blobs[net.top_names[end][0]]
    for _ in range(steps):
        net.forward(end=end)
        objective(top)
        net.backward(start=end)
        gradient = source.diff[0]
        source.data[0] += step_size * gradient / (abs(gradient).mean() + 1e-12)
        np.clip(source.data, 0, 1, out=source.data)


def main(folder, picture=None):
    """Dream a digit of each class out of the same noise, and then whatever conv2 likes."""
    weights = trained_weights(folder)
    # Without a loss, gradients reach the data only when asked to.
    deploy = (DIGITS / "deploy.prototxt").read_text() + "\nforce_backward: true\n"
    (folder / "deploy.prototxt").write_text(deploy)
    net = caffe.Net(str(folder / "deploy.prototxt"), weights, caffe.TEST)
    noise = np.random.default_rng(1).uniform(0.3, 0.5, net.blobs["data"].shape)

    dreams = []
    for digit in range(10):

        def one_class(top, digit=digit):
            top.diff[...] = 0
            top.diff[0, digit] = 1

        net.blobs["data"].data[...] = noise
        before = net.forward()["prob"][0, digit]
        ascend(net, "ip2", one_class)
        dreams.append(net.blobs["data"].data[0, 0].copy())
        print(f"{digit}: from {before:.3f} to {net.forward()['prob'][0, digit]:.3f}")

    def louder(top):
        top.diff[...] = top.data  # the gradient of the sum of squares, halved

    net.blobs["data"].data[...] = noise
    net.forward()
    before = np.linalg.norm(net.blobs["conv2"].data)
    ascend(net, "conv2", louder)
    net.forward(end="conv2")
    print(f"conv2: from {before:.1f} to {np.linalg.norm(net.blobs['conv2'].data):.1f}")

    if picture:
        row = np.concatenate([*dreams, net.blobs["data"].data[0, 0]], axis=1)
        row = (255 * row).round().astype(np.uint8)
        large = cv2.resize(row, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
        cv2.imwrite(picture, large)


if __name__ == "__main__":
    caffe.init_log(2)
    with tempfile.TemporaryDirectory() as name:
        main(Path(name), *sys.argv[1:2])
