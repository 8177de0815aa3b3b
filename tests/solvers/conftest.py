import lmdb
import numpy as np
import pytest

from cortado.proto import parse_solver
from cortado.proto.caffe_pb2 import Datum
from cortado.solvers import Solver

NET = """
name: "little"
layer {{ name: "data" type: "Data" top: "data" top: "label"
        transform_param {{ mirror: true crop_size: 6 scale: 0.01 }}
        data_param {{ source: "{source}" batch_size: 5 backend: LMDB }} }}
layer {{ name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param {{ num_output: 4 kernel_size: 3 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "relu" type: "ReLU" bottom: "conv" top: "conv" }}
layer {{ name: "drop" type: "Dropout" bottom: "conv" top: "conv" }}
layer {{ name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
        inner_product_param {{ num_output: 3 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy"
        include {{ phase: TEST }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }}
"""


@pytest.fixture
def database(tmp_path):
    """17 random pictures of three classes: no batch size divides it."""
    rng = np.random.default_rng(3)
    with lmdb.open(str(tmp_path / "db")) as env, env.begin(write=True) as transaction:
        for i in range(17):
            pixels = rng.integers(0, 256, (2, 8, 8), np.uint8)
            datum = Datum(channels=2, height=8, width=8, data=pixels.tobytes(), label=i % 3)
            transaction.put(f"{i:08}".encode(), datum.SerializeToString())
    return tmp_path / "db"


@pytest.fixture
def make_solver(tmp_path, database):
    """make_solver(text) -> a Solver of a little net on the pictures; closed after the test."""
    (tmp_path / "net.prototxt").write_text(NET.format(source=database))
    made = []

    def make(text="", seed=1, **options):
        start = f'net: "{tmp_path}/net.prototxt" base_lr: 0.05 random_seed: {seed} max_iter: 8 '
        if "snapshot_prefix" not in text:
            start += f'snapshot_prefix: "{tmp_path}/it" '
        policy = "" if "lr_policy" in text else 'lr_policy: "fixed" '
        made.append(Solver(parse_solver(start + policy + text), **options))
        return made[-1]

    yield make
    for solver in made:
        solver.close()
