import shutil
from pathlib import Path

import pytest

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
