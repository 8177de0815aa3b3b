"""A LeNet written in Python, trained step by step and evaluated in between.

python docs/examples/lenet_netspec.py
"""

import tempfile
from pathlib import Path

import lmdb
import numpy as np
from digits import SCALE, digits, write_solver

import caffe
from caffe import layers as L
from caffe import params as P

BATCH = {"train": 64, "test": 36}


def lenet(lmdb_path, batch_size):
    """The net as a NetParameter."""
    filler = dict(type="xavier")
    n = caffe.NetSpec()
    n.data, n.label = L.Data(
        source=str(lmdb_path),
        backend=P.Data.LMDB,
        batch_size=batch_size,
        transform_param=dict(scale=SCALE),
        ntop=2,
    )
    n.conv1 = L.Convolution(n.data, kernel_size=3, pad=1, num_output=16, weight_filler=filler)
    n.pool1 = L.Pooling(n.conv1, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    n.conv2 = L.Convolution(n.pool1, kernel_size=3, pad=1, num_output=32, weight_filler=filler)
    n.pool2 = L.Pooling(n.conv2, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    n.fc1 = L.InnerProduct(n.pool2, num_output=64, weight_filler=filler)
    n.relu1 = L.ReLU(n.fc1, in_place=True)
    n.score = L.InnerProduct(n.relu1, num_output=10, weight_filler=filler)
    n.loss = L.SoftmaxWithLoss(n.score, n.label)
    return n.to_proto()


def write_database(path, images, labels):
    """Write images and labels as an LMDB of Datums."""
    with lmdb.open(str(path), map_size=1 << 26) as database, database.begin(write=True) as records:
        for i, (image, label) in enumerate(zip(images, labels, strict=True)):
            datum = caffe.io.array_to_datum(image[None], label)
            records.put(f"{i:08}".encode(), datum.SerializeToString())


def main(folder):
    """Train, and count right answers on the test digits as it goes."""
    for part, batch_size in BATCH.items():
        write_database(folder / part, *digits(part))
        (folder / f"{part}.prototxt").write_text(str(lenet(folder / part, batch_size)))
    path = write_solver(folder, lenet(folder / "train", BATCH["train"]))
    with open(path, "a") as file:
        file.write(f'test_net: "{folder}/test.prototxt" test_iter: 10 test_interval: 1000000\n')
        file.write("test_initialization: false\n")
    solver = caffe.SGDSolver(path)

    losses = []
    for _ in range(6):
        for _ in range(50):
            solver.step(1)
            losses.append(float(solver.net.blobs["loss"].data))
        test = solver.test_nets[0]
        right = 0
        for _ in range(10):
            test.forward()
            right += np.sum(test.blobs["score"].data.argmax(axis=1) == test.blobs["label"].data)
        loss = np.mean(losses[-50:])
        print(f"iteration {solver.iter}: loss {loss:.4f}, accuracy {right / 360:.3f}")


if __name__ == "__main__":
    caffe.init_log(2)
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
