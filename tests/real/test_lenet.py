"""LeNet on MNIST: real Caffe's weights give real Caffe's digits, and ours become as good."""

import re

import pytest

from cortado.proto import format_text, parse_net

MODEL = "models/lenet/train_test.prototxt"


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


def printed(log, title):
    """What stands below the lines with a title in a log: the prototxts that Caffe printed."""
    return re.findall(rf"{title}: \n(.*?)^I\d", log, re.DOTALL | re.MULTILINE)


def told(log):
    """The lines of a log up to iteration 100, without times, threads and measured values."""
    lines = []
    for line in log.splitlines():
        line = re.sub(r"^[IW]\d{8} [\d:.]+ +\d+ ", "", line)
        if "output #" in line or "iter/s" in line:
            line = re.sub(r"(?<== )[\d.e-]+|\(\S+ iter/s, \S+s", "#", line)
        if "Restarting data prefetching" not in line:  # by a thread, at its own time
            lines.append(line)
        if "Iteration 100, lr" in line:
            break
    return lines


def test_the_log_is_real_caffes_line_by_line(mnist, real, caffe):
    theirs = real("reference/caffe-train-log.txt").read_text()
    train, test = (parse_net(text) for text in printed(theirs, "Initializing net from parameters"))
    test.layer.insert(0, train.layer[0])
    test.ClearField("state")
    (mnist / "data/t10k_lmdb").symlink_to("mnist/test_lmdb")
    (mnist / "data/train_lmdb").symlink_to("mnist/train_lmdb")
    (mnist / "lenet").mkdir()
    (mnist / "lenet/train_test.prototxt").write_text(format_text(test))
    theirs = theirs.replace("max_iter: 10000", "max_iter: 101")
    (solver,) = printed(theirs, "Initializing solver from parameters")
    solver = solver[: solver.index("train_state")]
    (mnist / "solver.prototxt").write_text(solver)
    assert told(caffe(mnist, "train", "-solver", "solver.prototxt")) == told(theirs)
