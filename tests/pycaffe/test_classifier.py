import numpy as np
import pytest

import caffe

NET = """
layer { name: "data" type: "Input" top: "data"
        input_param { shape { dim: 3 dim: 3 dim: 4 dim: 4 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 5 weight_filler { type: "gaussian" std: 0.01 } } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "net.prototxt").write_text(NET)
    caffe.set_random_seed(1)
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    net.save(str(tmp_path / "it.caffemodel"))
    return str(tmp_path / "net.prototxt"), str(tmp_path / "it.caffemodel")


@pytest.fixture
def images(rng):
    return [rng.random((6, 8, 3)).astype(np.float32) for _ in range(2)]


def test_predict_takes_the_mean_over_ten_crops(files, images):
    classifier = caffe.Classifier(*files, image_dims=(6, 8))
    found = classifier.predict(images)
    net = caffe.Net(*files, caffe.TEST)
    crops = caffe.io.oversample(images, (4, 4)).transpose(0, 3, 1, 2)
    prob = net.forward_all(data=crops)["prob"]
    assert found.shape == (2, 5)
    np.testing.assert_allclose(found, prob.reshape(2, 10, 5).mean(axis=1), rtol=1e-5)


def test_without_oversampling_the_centre_is_taken(files, images):
    classifier = caffe.Classifier(*files, image_dims=(6, 8))
    net = caffe.Net(*files, caffe.TEST)
    crops = np.array([image[1:5, 2:6].transpose(2, 0, 1) for image in images])
    expected = net.forward_all(data=crops)["prob"]
    np.testing.assert_allclose(classifier.predict(images, oversample=False), expected, rtol=1e-5)


def test_images_are_resized_to_the_input_unless_told_otherwise(files, images):
    classifier = caffe.Classifier(*files)
    assert tuple(classifier.image_dims) == (4, 4)
    small = caffe.io.resize_image(images[0], (4, 4))
    expected = classifier.forward_all(data=small.transpose(2, 0, 1)[None])["prob"]
    found = classifier.predict(images[:1], oversample=False)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_images_are_preprocessed_as_told(files, images):
    mean = np.array([104, 117, 123.0])
    classifier = caffe.Classifier(
        *files, mean=mean, raw_scale=255, channel_swap=(2, 1, 0), input_scale=0.1
    )
    small = caffe.io.resize_image(images[0], (4, 4)).transpose(2, 0, 1)
    data = 0.1 * (255 * small[::-1] - mean[:, None, None])
    expected = classifier.forward_all(data=data[None])["prob"]
    found = classifier.predict(images[:1], oversample=False)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_classifier_is_a_net_and_in_a_module_of_its_own(files):
    classifier = caffe.classifier.Classifier(*files)
    assert isinstance(classifier, caffe.Net)
    assert classifier.blobs["data"].shape == (3, 3, 4, 4)
