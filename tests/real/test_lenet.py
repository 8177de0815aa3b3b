"""LeNet on MNIST: real Caffe's weights give real Caffe's digits, and ours become as good."""

import re

import pytest

MODEL = "models/lenet/train_test.prototxt"


@pytest.fixture(scope="module")
def mnist(real, caffe, workplace):
    """A folder with MNIST's databases and the prototxts of LeNet."""
    source, folder = real("data/mnist"), workplace("lenet")
    (folder / "data/mnist").mkdir(parents=True)
    for ours, theirs in (("train", "train"), ("test", "t10k")):
        files = [source / f"{theirs}-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1")]
        caffe(folder, "convert_mnist", *files, f"data/mnist/{ours}_lmdb")
    return folder


@pytest.mark.parametrize(
    ("iteration", "accuracy", "loss"),
    [(5000, "0.9895", "0.0314825"), (10000, "0.9906", "0.0287233")],
)
def test_caffe_test_prints_the_digits_of_real_caffe(mnist, real, caffe, iteration, accuracy, loss):
    weights = real(f"models/lenet_mnist/lenet_iter_{iteration}.caffemodel")
    log = caffe(mnist, "test", "-model", MODEL, "-weights", weights, "-iterations", 100)
    assert f"] accuracy = {accuracy}\n" in log
    assert f"] loss = {loss} (* 1 = {loss} loss)\n" in log
    assert f"] Loss: {loss}\n" in log


def test_training_reaches_the_accuracy_of_real_caffe(mnist, caffe):
    log = caffe(mnist, "train", "-solver", "models/lenet/solver.prototxt")
    accuracies = [float(value) for value in re.findall(r"accuracy = ([\d.]+)", log)]
    print("accuracy after 10,000 iterations:", accuracies[-1])
    assert accuracies[-1] >= 0.99
