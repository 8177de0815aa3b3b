"""`import caffe` on real weights and a real photograph."""

import numpy as np

import caffe

CATS_AND_FOXES = {263, 277, 278, 281, 282, 285}


def test_a_photograph_is_prepared_and_classified(real):
    folder = real("models/squeezenet_v1.0")
    classifier = caffe.Classifier(
        str(folder / "deploy.prototxt"),
        str(folder / "squeezenet_v1.0_dc.caffemodel"),
        mean=np.array([104, 117, 123]),
        raw_scale=255,
        channel_swap=(2, 1, 0),
        image_dims=(256, 256),
    )
    image = caffe.io.load_image(str(folder / "cat.jpg"))
    for oversample in (False, True):
        scores = classifier.predict([image], oversample=oversample)[0]
        assert set(scores.argsort()[::-1][:2].tolist()) <= CATS_AND_FOXES

    small = classifier.transformer.preprocess("data", image)
    expected = np.load(folder / "input.npy")[0]  # resized by another library, which smooths
    assert abs(small - expected).mean() < 2
