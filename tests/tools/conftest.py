import shutil
from pathlib import Path

import numpy as np
import pytest

from cortado.proto import parse_net, write_caffemodel

GOLDENS = Path(__file__).parents[1] / "goldens/tools"

NET = """
name: "little"
layer { name: "data" type: "Data" top: "data" top: "label" transform_param { scale: 0.01 }
        data_param { source: "resized.lmdb" batch_size: 4 backend: LMDB } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 12 weight_filler { type: "xavier" } } }
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy"
        include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
SOLVER = """
net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 max_iter: 4 display: 2
test_iter: 3 test_interval: 2 snapshot_prefix: "it" random_seed: 1
"""


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """A working directory with a database of 12 pictures, a net, a solver and real features."""
    for name in ("resized.lmdb", "features"):
        shutil.copytree(GOLDENS / name, tmp_path / name)
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


AVERAGING_NET = """
name: "averages" input: "data" input_shape { dim: 4 dim: 3 dim: 4 dim: 4 }
layer { name: "same" type: "Convolution" bottom: "data" top: "same"
        convolution_param { num_output: 3 kernel_size: 1 bias_term: false } }
layer { name: "prob" type: "Pooling" bottom: "same" top: "prob"
        pooling_param { pool: AVE global_pooling: true } }
"""


@pytest.fixture
def averaging(tmp_path, monkeypatch):
    """The flags of a net in the working directory whose 3 scores are the means of its channels."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deploy.prototxt").write_text(AVERAGING_NET)
    identity = np.eye(3, dtype="float32").reshape(3, 3, 1, 1)
    net = parse_net(AVERAGING_NET)
    write_caffemodel("w.caffemodel", net, [[], [identity], []])
    return ["-model_def", "deploy.prototxt", "-pretrained_model", "w.caffemodel"]
