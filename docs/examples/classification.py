"""Classify images: prepare them with Transformer, run the net, and average over crops.

python docs/examples/classification.py
"""

import tempfile
from pathlib import Path

import cv2
import numpy as np
from digits import DIGITS, SCALE, digits, trained_weights

import caffe


def main(folder):
    """Write some digits as image files, read them back and say what they are."""
    weights = trained_weights(folder)
    images, labels = digits("test")
    images, labels = images[:100], labels[:100]
    for i, image in enumerate(images):
        cv2.imwrite(str(folder / f"{i}.png"), image)
    files = [str(folder / f"{i}.png") for i in range(len(images))]

    net = caffe.Net(str(DIGITS / "deploy.prototxt"), caffe.TEST, weights=weights)
    net.blobs["data"].reshape(len(files), 1, 8, 8)
    net.reshape()

    # load_image gives (height, width, channels) in [0, 1]; this net wants [0, 255] times SCALE.
    transformer = caffe.io.Transformer({"data": net.blobs["data"].data.shape})
    transformer.set_transpose("data", (2, 0, 1))
    transformer.set_raw_scale("data", 255)
    transformer.set_input_scale("data", SCALE)

    for i, file in enumerate(files):
        image = caffe.io.load_image(file, color=False)
        net.blobs["data"].data[i] = transformer.preprocess("data", image)
    prob = net.forward()["prob"]
    best = prob[0].argsort()[::-1][:3]
    print("the first is a", labels[0], "and could be", *(f"{k}: {prob[0, k]:.1%}" for k in best))
    print(f"accuracy {np.mean(prob.argmax(axis=1) == labels):.3f}")

    # Classifier does all of it, and takes the mean over ten crops of images with a margin. Half of
    # them are mirrored, which suits photographs better than digits.
    classifier = caffe.Classifier(
        str(DIGITS / "deploy.prototxt"),
        weights,
        image_dims=(10, 10),
        raw_scale=255,
        input_scale=SCALE,
    )
    loaded = [caffe.io.load_image(file, color=False) for file in files]
    loaded = [np.pad(image, ((1, 1), (1, 1), (0, 0))) for image in loaded]
    for oversample in (False, True):
        prob = classifier.predict(loaded, oversample=oversample)
        accuracy = np.mean(prob.argmax(axis=1) == labels)
        print(f"{'ten crops' if oversample else 'centre'} accuracy {accuracy:.3f}")


if __name__ == "__main__":
    caffe.init_log(2)
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
