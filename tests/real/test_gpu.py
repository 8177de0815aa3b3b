"""On a GPU: LeNet on MNIST becomes as good as on the host."""

import os
import re

import pytest

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        not os.environ.get("CORTADO_TEST_GPU"), reason="CORTADO_TEST_GPU is not set: no GPU to use"
    ),
]


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_training_reaches_the_accuracy_of_real_caffe(mnist, caffe, precision):
    log = caffe(
        mnist,
        *("train", "-solver", "models/lenet/solver.prototxt"),
        *("-gpu", "0", "-precision", precision),
    )
    accuracies = [float(value) for value in re.findall(r"accuracy = ([\d.]+)", log)]
    assert accuracies[-1] >= 0.99
