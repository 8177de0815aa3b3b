"""What the examples share: 1,797 handwritten digits of 8 x 8 pixels, and a net that knows them."""

import gzip
from pathlib import Path

import numpy as np
from google.protobuf import text_format

import caffe
from caffe.proto import caffe_pb2

DIGITS = Path(__file__).parents[2] / "models/digits"
SCALE = 1 / 256  # of pixels, as the net was made for

SOLVER = """
net: "{net}"
base_lr: {base_lr} momentum: 0.9 weight_decay: 0.0005
lr_policy: "fixed" random_seed: 1
snapshot_prefix: "{folder}/it"
"""


def digits(part):
    """Images (N, 8, 8), 0 to 255, and labels (N,) of a part, "train" or "test"."""
    with gzip.open(DIGITS / f"{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 8, 8)
    with gzip.open(DIGITS / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return images, labels.astype(int)


def net_inputs(images):
    """Images (N, 8, 8) as what the nets take: (N, 1, 8, 8) float32."""
    return (images[:, None] * SCALE).astype(np.float32)


def write_solver(folder, net, base_lr=0.05):
    """Write the file of a solver for a net, given as prototxt; returns its path."""
    (folder / "net.prototxt").write_text(str(net))
    solver = SOLVER.format(net=folder / "net.prototxt", folder=folder, base_lr=base_lr)
    (folder / "solver.prototxt").write_text(solver)
    return str(folder / "solver.prototxt")


def trained_weights(folder):
    """Train the net of models/digits on arrays in memory; returns the path of its weights."""
    net = caffe_pb2.NetParameter()
    text_format.Parse((DIGITS / "train_test.prototxt").read_text(), net)
    for layer in net.layer:
        if layer.type == "Data":
            layer.type = "MemoryData"
            layer.ClearField("transform_param")
            param = layer.memory_data_param
            param.batch_size, param.channels, param.height, param.width = 64, 1, 8, 8
    solver = caffe.get_solver(write_solver(folder, net))
    images, labels = digits("train")
    whole = len(images) // 64 * 64
    solver.net.set_input_arrays(net_inputs(images[:whole]), labels[:whole])
    solver.step(300)
    solver.net.save(str(folder / "digits.caffemodel"))
    return str(folder / "digits.caffemodel")
