"""CIFAR-10 from 60,000 JPEGs to a net that tells them, and real Caffe's nets on its pictures."""

import re
import shutil
import zipfile

import lmdb
import numpy as np
import pytest

from cortado.data.db_writer import DatabaseWriter
from cortado.proto import format_text, read_solver
from cortado.proto.caffe_pb2 import Datum

DATA = "data/cifar10"
SOLVER = "models/cifar10_quick/{}.prototxt"
CHANCE = 0.1


@pytest.fixture(scope="module")
def pictures(real, caffe, workplace):
    """A folder with the databases that convert_imageset makes, their mean, and the prototxts."""
    archive, folder = real("data/cifar10.zip"), workplace("cifar10_quick")
    with zipfile.ZipFile(archive) as files:
        files.extractall(folder / "jpeg")
    (folder / DATA).mkdir(parents=True)
    classes = sorted(path.name for path in (folder / "jpeg/train").iterdir())
    for part in ("train", "test"):
        names = sorted(
            f"{path.parent.name}/{path.name} {classes.index(path.parent.name)}\n"
            for path in (folder / "jpeg" / part).glob("*/*.jpg")
        )
        (folder / f"{part}.txt").write_text("".join(names))
        database = f"{DATA}/cifar10_{part}_lmdb"
        caffe(folder, "convert_imageset", "-shuffle", f"jpeg/{part}/", f"{part}.txt", database)
    caffe(folder, "compute_image_mean", f"{DATA}/cifar10_train_lmdb", f"{DATA}/mean.binaryproto")
    return folder


@pytest.fixture(scope="module")
def rgb_pictures(real, pictures, workplace):
    """A folder with the test pictures in the order of channels that real Caffe's nets know."""
    mean, folder = real("models/cifar10_quick/mean.binaryproto"), workplace("cifar10_quick")
    (folder / DATA).mkdir(parents=True)
    shutil.copy(mean, folder / DATA)
    test = folder / DATA / "cifar10_test_lmdb"
    with (
        lmdb.open(str(pictures / DATA / test.name), readonly=True, lock=False) as environment,
        environment.begin() as transaction,
        DatabaseWriter(test, "lmdb") as database,
    ):
        for key, value in transaction.cursor():
            datum = Datum.FromString(value)
            datum.data = np.frombuffer(datum.data, np.uint8).reshape(3, -1)[::-1].tobytes()
            database.put(key, datum.SerializeToString())
    shutil.copytree(test, test.with_name("cifar10_train_lmdb"))
    return folder


def last_accuracy(log):
    return float(re.findall(r"accuracy = ([\d.]+)", log)[-1])


def test_training_learns(pictures, caffe):
    param = read_solver(pictures / SOLVER.format("solver"))
    param.max_iter = param.test_interval = 300
    param.random_seed = 1
    (pictures / "short.prototxt").write_text(format_text(param))
    log = caffe(pictures, "train", "-solver", "short.prototxt")
    print("accuracy after 300 iterations:", last_accuracy(log))
    assert last_accuracy(log) > 3 * CHANCE


@pytest.mark.parametrize(
    ("state", "solver", "accuracy"),
    [("4000.solverstate", "solver", 0.68), ("5000.solverstate.h5", "solver_lr1", 0.72)],
)
def test_training_goes_on_from_real_states(rgb_pictures, real, caffe, state, solver, accuracy):
    """Their last iteration is the solver's last as well: what is left is the last test."""
    path = real(f"models/cifar10_quick/cifar10_quick_iter_{state}")
    log = caffe(rgb_pictures, "train", "-solver", SOLVER.format(solver), "-snapshot", path)
    print(f"accuracy of {state}:", last_accuracy(log))
    assert last_accuracy(log) > accuracy
