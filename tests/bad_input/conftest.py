"""A little net on a little database; each test spoils one thing and reads the one line it gets."""

import lmdb
import numpy as np
import pytest

from cortado.proto.caffe_pb2 import Datum

NET = """
layer { name: "data" type: "Data" top: "data" top: "label" transform_param { scale: 0.01 }
        data_param { source: "db" batch_size: 4 backend: LMDB } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
SOLVER = """
net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 max_iter: 4 snapshot: 2
snapshot_prefix: "it" random_seed: 1
"""


def good_record(i):
    """Record i of the database: a random picture of class i % 3."""
    pixels = np.random.default_rng(i).integers(0, 256, (2, 8, 8), np.uint8)
    return Datum(channels=2, height=8, width=8, data=pixels.tobytes(), label=i % 3)


@pytest.fixture
def write_db(tmp_path):
    """write_db(name, {5: record, ...}): 12 good records, but for those given: Datums or bytes."""

    def write(name, spoiled):
        with lmdb.open(str(tmp_path / name)) as env, env.begin(write=True) as transaction:
            for i in range(12):
                record = spoiled.get(i, good_record(i))
                value = record if isinstance(record, bytes) else record.SerializeToString()
                transaction.put(f"{i:08}".encode(), value)

    return write


@pytest.fixture
def place(tmp_path, monkeypatch, write_db):
    """The working directory, with a good database, net.prototxt and solver.prototxt."""
    monkeypatch.chdir(tmp_path)
    write_db("db", {})
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    return tmp_path


@pytest.fixture
def train(place, caffe):
    """train("-weights", "x", net={"old": "new"}, solver={...}) -> (status, lines of stderr).

    net and solver say what to replace in the good files.
    """

    def run(*words, net=(), solver=()):
        for name, text, changes in (("net", NET, net), ("solver", SOLVER, solver)):
            for old, new in dict(changes).items():
                assert old in text, old
                text = text.replace(old, new)
            (place / f"{name}.prototxt").write_text(text)
        return caffe("train", "-solver", "solver.prototxt", *words)

    return run


@pytest.fixture
def refused(train):
    """refused(...), as train(...) -> the error, which must be one line, the last one."""
    return lambda *words, **changes: the_error(*train(*words, **changes))


@pytest.fixture
def net_refused(place, caffe):
    """net_refused(prototxt, or bytes of a file) -> the error of building that net, one line."""

    def run(content):
        data = content if isinstance(content, bytes) else content.encode()
        (place / "it.prototxt").write_bytes(data)
        return the_error(*caffe("time", "-model", "it.prototxt", "-iterations", 1))

    return run


def the_error(status, lines):
    """The text behind `caffe: error: `; asserts that it is all that happened."""
    assert status == 1, lines[-1:]
    errors = [line for line in lines if line.startswith("caffe: error: ")]
    assert errors == lines[-1:]
    return errors[0].removeprefix("caffe: error: ")
