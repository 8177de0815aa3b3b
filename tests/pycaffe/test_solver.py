import numpy as np
import pytest

import caffe

NET = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
        dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 }
                           data_filler { value: 1 } data_filler { value: 1 } } }
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
        f'snapshot_prefix: "{tmp_path}/it" random_seed: 1'
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


def test_apply_update_moves_the_weights_by_their_diffs(path):
    solver = caffe.SGDSolver(path)
    solver.net.params["ip"][0].data[...] = 0
    solver.net.params["ip"][0].diff[...] = 1
    solver.apply_update()
    assert (solver.net.params["ip"][0].data == -0.5).all()
    assert solver.iter == 1


def test_callbacks_run_in_every_iteration(path):
    solver = caffe.get_solver(path)
    calls = []
    solver.add_callback(
        lambda: calls.append(abs(solver.net.params["ip"][0].diff).sum()),
        lambda: calls.append(abs(solver.net.params["ip"][0].diff).sum()),
    )
    solver.step(2)
    assert [bool(gradient) for gradient in calls] == [False, True, False, True]


def test_callbacks_of_the_net_run_when_the_solver_steps(path):
    solver, other = caffe.get_solver(path), caffe.get_solver(path)
    layers = []
    solver.net.after_backward(layers.append)
    solver.step(3)
    other.step(3)
    assert layers == [2, 1, 0] * 3
    ours, theirs = (s.net.params["ip"][0].data for s in (solver, other))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_gradients_changed_in_a_callback_are_applied(path):
    solver = caffe.SGDSolver(path)
    weight = solver.net.params["ip"][0]
    before = weight.data.copy()
    solver.add_callback(lambda: None, lambda: weight.diff.fill(2))
    solver.step(1)
    np.testing.assert_allclose(weight.data, before - 1, rtol=1e-5)


def test_another_net_can_use_the_weights_that_are_trained(path, tmp_path):
    solver = caffe.get_solver(path)
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    solver.share_weights(net)
    solver.step(1)
    np.testing.assert_array_equal(net.params["ip"][0].data, solver.net.params["ip"][0].data)


def test_parameters_can_be_changed_between_steps(path):
    solver = caffe.get_solver(path)
    solver.param.base_lr = 0.25
    assert solver.lr == 0.25
    assert (solver.param.max_iter, solver.param.display) == (6, 0)


def test_restore_takes_the_rate_along(path, tmp_path):
    solver = caffe.get_solver(path)
    solver.solve()
    other = caffe.get_solver(path)
    other.solve(str(tmp_path / "it_iter_6.solverstate"))
    assert (other.iter, other.lr) == (solver.iter, solver.lr)
