"""A loss written in Python that trains a net: Huber's, between scores and one-hot labels.

python docs/examples/python_loss.py
"""

import tempfile
from pathlib import Path

import numpy as np
from digits import digits, net_inputs, write_solver

import caffe
from caffe import layers as L


class HuberLoss(caffe.Layer):
    """loss = sum of h(score - target) / N, h(d) = d^2 / 2 where |d| < 1, else |d| - 1/2."""

    def setup(self, bottom, top):
        """Check what the layer is given."""
        if len(bottom) != 2:
            raise ValueError("needs scores and labels")

    def reshape(self, bottom, top):
        """Called before every forward: the batch may have another size."""
        if bottom[0].num != bottom[1].num:
            raise ValueError("needs one label for each row of scores")
        self.difference = np.zeros_like(bottom[0].data)
        top[0].reshape(1)

    def forward(self, bottom, top):
        """Write the loss."""
        self.difference[...] = bottom[0].data
        self.difference[np.arange(bottom[1].num), bottom[1].data.astype(int)] -= 1
        size = abs(self.difference)
        top[0].data[...] = np.where(size < 1, size**2 / 2, size - 0.5).sum() / bottom[0].num

    def backward(self, top, propagate_down, bottom):
        """Write the gradient of the scores; labels have none."""
        if propagate_down[0]:
            weight = top[0].diff[0] / bottom[0].num
            bottom[0].diff[...] = weight * self.difference.clip(-1, 1)


def net():
    """One hidden layer and the loss; the module is this file."""
    n = caffe.NetSpec()
    n.data, n.label = L.MemoryData(batch_size=64, channels=1, height=8, width=8, ntop=2)
    n.hidden = L.InnerProduct(n.data, num_output=64, weight_filler=dict(type="xavier"))
    n.relu = L.ReLU(n.hidden, in_place=True)
    n.score = L.InnerProduct(n.relu, num_output=10, weight_filler=dict(type="xavier"))
    n.loss = L.Python(n.score, n.label, module="python_loss", layer="HuberLoss", loss_weight=1)
    return n.to_proto()


def main(folder):
    """Train with the loss, then look at the test digits."""
    solver = caffe.get_solver(write_solver(folder, net(), base_lr=0.1))
    images, labels = digits("train")
    solver.net.set_input_arrays(net_inputs(images[:1408]), labels[:1408])
    for _ in range(4):
        solver.step(100)
        print(f"iteration {solver.iter}: loss {solver.net.blobs['loss'].data[0]:.4f}")

    images, labels = digits("test")
    right = 0
    for start in range(0, 320, 64):
        some = slice(start, start + 64)
        solver.net.set_input_arrays(net_inputs(images[some]), labels[some])
        solver.net.forward()
        right += np.sum(solver.net.blobs["score"].data.argmax(axis=1) == labels[some])
    print(f"accuracy {right / 320:.3f}")


if __name__ == "__main__":
    caffe.init_log(2)
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
