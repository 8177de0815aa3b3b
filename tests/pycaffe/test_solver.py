import pytest

import caffe

NET = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
        dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 }
                           data_filler { type: "gaussian" } data_filler { value: 1 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""


@pytest.fixture
def path(tmp_path):
    (tmp_path / "net.prototxt").write_text(NET)
    solver = tmp_path / "solver.prototxt"
    solver.write_text(
        f'net: "{tmp_path}/net.prototxt" base_lr: 0.5 lr_policy: "step" stepsize: 2 gamma: 0.1 '
        f'type: "Adam" max_iter: 6 test_iter: 1 test_interval: 100 test_initialization: false '
        f'random_seed: 1 snapshot_prefix: "{tmp_path}/it"'
    )
    return str(solver)


def test_get_solver_follows_the_files_type(path):
    assert isinstance(caffe.get_solver(path), caffe.AdamSolver)


def test_a_solver_class_overrules_the_files_type(path):
    solver = caffe.NesterovSolver(path)
    assert solver.param.type == "Nesterov"


def test_step_trains_and_counts(path):
    solver = caffe.get_solver(path)
    assert solver.lr == pytest.approx(0.5)
    solver.step(2)
    first = float(solver.net.blobs["loss"].data)
    assert (solver.iter, solver.lr) == (2, pytest.approx(0.05))
    solver.solve()
    assert solver.iter == 6
    assert float(solver.net.blobs["loss"].data) < first


def test_the_test_net_shares_the_weights(path):
    solver = caffe.get_solver(path)
    solver.net.params["ip"][0].data[...] = 2
    assert (solver.test_nets[0].params["ip"][0].data == 2).all()


def test_snapshot_and_restore(path, tmp_path):
    solver = caffe.get_solver(path)
    solver.step(3)
    solver.snapshot()
    other = caffe.get_solver(path)
    other.restore(str(tmp_path / "it_iter_3.solverstate"))
    assert other.iter == 3
    assert (other.net.params["ip"][0].data == solver.net.params["ip"][0].data).all()


def test_a_missing_file_is_a_runtime_error():
    with pytest.raises(RuntimeError, match=r"Could not open file nowhere\.prototxt"):
        caffe.SGDSolver("nowhere.prototxt")
