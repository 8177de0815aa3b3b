"""Data with several labels each, from a layer written in Python.

python docs/examples/multilabel_data.py
"""

import json
import tempfile
from pathlib import Path

import numpy as np
from digits import digits, net_inputs, write_solver

import caffe
from caffe import layers as L

QUESTIONS = {
    "is odd": [1, 3, 5, 7, 9],
    "is five or more": [5, 6, 7, 8, 9],
    "has a closed loop": [0, 6, 8, 9],
}


class MultilabelDigits(caffe.Layer):
    """top[0] = digits (N, 1, 8, 8), top[1] = answers (N, 3), 1 for yes, in random order.

    param_str is JSON: {"part": "train" or "test", "batch_size": N, "seed": number}
    """

    def setup(self, bottom, top):
        """Read the digits, once."""
        param = json.loads(self.param_str)
        images, labels = digits(param["part"])
        self.data = net_inputs(images)
        self.answers = np.array([np.isin(labels, yes) for yes in QUESTIONS.values()]).T
        self.rng = np.random.default_rng(param["seed"])
        self.batch_size = param["batch_size"]
        self.order = np.arange(0)

    def reshape(self, bottom, top):
        """The batches have one size."""
        top[0].reshape(self.batch_size, *self.data.shape[1:])
        top[1].reshape(self.batch_size, self.answers.shape[1])

    def forward(self, bottom, top):
        """Write the next batch; all digits come once before any comes again."""
        if len(self.order) < self.batch_size:
            self.order = self.rng.permutation(len(self.data))
        batch, self.order = np.split(self.order, [self.batch_size])
        top[0].data[...] = self.data[batch]
        top[1].data[...] = self.answers[batch]

    def backward(self, top, propagate_down, bottom):
        """Data has no gradient."""


def net(part, batch_size):
    """A small net with a sigmoid for each question; the module of the data is this file."""
    param_str = json.dumps(dict(part=part, batch_size=batch_size, seed=1))
    filler = dict(type="xavier")
    n = caffe.NetSpec()
    n.data, n.label = L.Python(
        module="multilabel_data", layer="MultilabelDigits", param_str=param_str, ntop=2
    )
    n.conv = L.Convolution(n.data, kernel_size=3, pad=1, num_output=16, weight_filler=filler)
    n.pool = L.Pooling(n.conv, kernel_size=2, stride=2)
    n.hidden = L.InnerProduct(n.pool, num_output=64, weight_filler=filler)
    n.relu = L.ReLU(n.hidden, in_place=True)
    n.score = L.InnerProduct(n.relu, num_output=len(QUESTIONS), weight_filler=filler)
    n.loss = L.SigmoidCrossEntropyLoss(n.score, n.label)
    return n.to_proto()


def main(folder):
    """Train, then count right answers to each question on the test digits."""
    (folder / "test.prototxt").write_text(str(net("test", 36)))
    solver = caffe.get_solver(write_solver(folder, net("train", 64)))
    test = caffe.Net(str(folder / "test.prototxt"), caffe.TEST)
    test.share_with(solver.net)
    for _ in range(3):
        solver.step(100)
        right = np.zeros(len(QUESTIONS))
        for _ in range(10):
            test.forward()
            says_yes = test.blobs["score"].data > 0
            right += np.sum(says_yes == test.blobs["label"].data, axis=0)
        answers = ", ".join(
            f"{question}: {share:.3f}"
            for question, share in zip(QUESTIONS, right / 360, strict=True)
        )
        print(f"iteration {solver.iter}: accuracy of {answers}")


if __name__ == "__main__":
    caffe.init_log(2)
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
