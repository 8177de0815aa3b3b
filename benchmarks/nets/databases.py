"""The databases of the small nets: made by `caffe` where they are missing, and read whole."""

import subprocess
import sys
from pathlib import Path

import lmdb
import numpy as np

from cortado.proto.caffe_pb2 import Datum

# The commands of the nets' READMEs, by the folder in data/ that they fill, here {0}.
MAKING = {
    "mnist": [
        "download mnist",
        "convert_mnist {0}/train-images-idx3-ubyte.gz {0}/train-labels-idx1-ubyte.gz "
        "{0}/train_lmdb",
        "convert_mnist {0}/t10k-images-idx3-ubyte.gz {0}/t10k-labels-idx1-ubyte.gz {0}/test_lmdb",
    ],
    "cifar10": [
        "download cifar10",
        "convert_cifar10 {0}/cifar-10-batches-bin {0} lmdb",
        "compute_image_mean {0}/cifar10_train_lmdb {0}/mean.binaryproto",
    ],
}


def make_missing(source: Path) -> None:
    """Make the LMDB data/NAME/..., and all that belongs to it, if it is not there."""
    if source.exists():
        return
    folder = source.parent
    print(f"making {source}", flush=True)
    for command in MAKING[folder.name]:
        words = command.format(folder).split()
        if words[0] == "download" and any(folder.glob("*")):
            continue
        started_in = folder.parent.parent
        caffe = Path(sys.executable).with_name("caffe")
        subprocess.run([caffe, *words], cwd=started_in, check=True)


def read_lmdb(source: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, C, H, W) of uint8, in the order of their keys, and labels (N,)."""
    images, labels = [], []
    opened = lmdb.open(str(source), readonly=True, lock=False)
    with opened as environment, environment.begin() as transaction:
        for value in transaction.cursor().iternext(keys=False):
            datum = Datum.FromString(value)
            shape = (datum.channels, datum.height, datum.width)
            images.append(np.frombuffer(datum.data, np.uint8).reshape(shape))
            labels.append(datum.label)
    return np.stack(images), np.array(labels)
