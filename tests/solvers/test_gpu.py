import lmdb
import numpy as np
import pytest
from gpu_parity import ON_DEVICE, open_test_gpu, why_no_gpu

from cortado.core.device import open_device, opening
from cortado.proto import ConfigError
from cortado.proto.caffe_pb2 import Datum

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))

emulated = pytest.mark.skipif(ON_DEVICE, reason="counts what an emulated device is asked to do")

RULES = {
    "SGD": "momentum: 0.9",
    "Nesterov": "momentum: 0.9",
    "AdaGrad": "",
    "RMSProp": "rms_decay: 0.9",
    "AdaDelta": "momentum: 0.9 delta: 1e-5",
    "Adam": "momentum: 0.9 momentum2: 0.99",
}


@pytest.fixture(autouse=True)
def gpu():
    with opening(open_test_gpu):
        yield open_device("gpu")


def weights_of(solver):
    return {
        (name, i): blob.data.copy()
        for name, blobs in solver.net.params.items()
        for i, blob in enumerate(blobs)
    }


def train_both(make_solver, text, steps=5):
    """Solvers on the host and on the GPU, after so many steps; their losses are compared."""
    solvers, losses = [], []
    for device in ("cpu", "gpu"):
        seen = []
        solver = make_solver(
            text, device=device, on_iteration=lambda i, loss, rate, seen=seen: seen.append(loss)
        )
        solver.step(steps)
        solvers.append(solver)
        losses.append([float(loss) for loss in seen])
    np.testing.assert_allclose(losses[1][-1], losses[0][-1], rtol=1e-4)
    host, device = map(weights_of, solvers)
    for key, expected in host.items():
        np.testing.assert_allclose(device[key], expected, rtol=1e-3, atol=1e-5, err_msg=str(key))
    return solvers


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_moves_the_weights_as_on_the_host(make_solver, rule):
    extra = "weight_decay: 0.01" if rule in ("SGD", "Adam") else ""
    train_both(make_solver, f'type: "{rule}" {RULES[rule]} {extra}')


@pytest.mark.parametrize(
    "text",
    [
        "iter_size: 2 momentum: 0.9",
        "clip_gradients: 0.05",
        "clip_gradients: 1000 iter_size: 2",
        "clip_gradients: 0 weight_decay: 0.1",
        'weight_decay: 0.1 regularization_type: "L1"',
        'lr_policy: "inv" gamma: 0.5 power: 0.75',
        "average_loss: 3",
    ],
)
def test_what_solvers_can_be_told_is_done(make_solver, text):
    train_both(make_solver, text)


@emulated
def test_an_iteration_becomes_graphs_between_what_runs_on_the_host(make_solver, gpu):
    solver = make_solver(device="gpu")
    solver.step(2)
    before = gpu.graph_launches
    solver.step(1)
    assert gpu.graph_launches > before


@emulated
def test_losses_are_not_read_before_somebody_asks(make_solver, gpu):
    solver = make_solver("momentum: 0.9", device="gpu")
    solver.step(3)
    waits = gpu.downloads
    fetches = sum(
        not runner.is_on_gpu for runner in (step.runner for step in solver.net.plan.steps)
    )
    solver.step(1)
    per_step = gpu.downloads - waits
    assert solver.smoothed.value > 0
    assert gpu.downloads == waits + per_step + 2  # the losses, and what kernels found wrong
    assert (per_step == 0) == (fetches <= 1)


@emulated
def test_weights_stay_on_the_device_while_losses_are_displayed(make_solver, gpu):
    solver = make_solver("display: 1", device="gpu")
    solver.step(3)
    size = solver.net.weights.size * 4
    before = gpu.bytes_uploaded
    solver.step(1)
    assert gpu.bytes_uploaded - before < size
    solver.net.params["ip"][0].data[0, 0] = np.nan
    assert not solver.step_parts.updater.are_weights_finite()


def test_an_update_that_fails_does_not_leave_blobs_in_the_middle_of_a_pass(make_solver):
    solver = make_solver(device="gpu")
    solver.step(1)
    updater = solver.step_parts.updater
    updater.calls = [lambda: 1 / 0]
    with pytest.raises(ZeroDivisionError):
        updater.apply(0.1, 1)
    assert not solver.net.gpu.residence.is_running


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_a_resumed_run_equals_an_unbroken_one(make_solver, precision):
    unbroken = make_solver("momentum: 0.9 snapshot: 3", device="gpu", precision=precision)
    if precision == "float16":
        unbroken.step_parts.updater.restore({"scale": 64, "good": 1997})
    unbroken.step(6)
    resumed = make_solver("momentum: 0.9", device="gpu", precision=precision)
    resumed.restore(f"{unbroken.param.snapshot_prefix}_iter_3.solverstate")
    resumed.step(3)
    for key, expected in weights_of(unbroken).items():
        assert np.array_equal(weights_of(resumed)[key], expected), key
    for ours, theirs in zip(
        resumed.step_parts.updater.history, unbroken.step_parts.updater.history, strict=True
    ):
        assert np.array_equal(ours, theirs)
    assert resumed.smoothed.value == unbroken.smoothed.value
    state = resumed.step_parts.updater.state()
    assert state == unbroken.step_parts.updater.state()
    assert state == ({"scale": 128, "good": 3} if precision == "float16" else {})


def test_hooks_see_the_gradients_and_the_result_is_the_same(make_solver):
    plain, hooked = (make_solver("momentum: 0.9", device="gpu") for _ in range(2))
    seen = []
    hooked.step_parts.on_gradients_ready.append(
        lambda: seen.append(float(abs(hooked.net.weights.diff).sum()))
    )
    plain.step(4)
    hooked.step(4)
    assert len(seen) == 4
    assert all(seen)
    for key, expected in weights_of(plain).items():
        np.testing.assert_allclose(weights_of(hooked)[key], expected, rtol=1e-6, atol=1e-7)


def test_weights_written_on_the_host_count_in_the_next_iteration(make_solver):
    solver = make_solver(device="gpu")
    solver.step(3)
    weight = solver.net.params["ip"][0]
    weight.data[...] = 0
    solver.net.forward()
    assert np.allclose(solver.net.blobs["ip"].data, solver.net.params["ip"][1].data)
    solver.step(1)
    assert weight.data.any()


def test_test_nets_use_the_weights_of_the_training_net(make_solver):
    text = "test_iter: 2 test_interval: 2 test_initialization: true"
    scores = {}
    for device in ("cpu", "gpu"):
        solver = make_solver(text, device=device)
        seen = scores[device] = []
        solver.on_test = lambda number, values, seen=seen: seen.append(values)
        solver.step(5)
    assert len(scores["gpu"]) == 3
    for ours, theirs in zip(scores["gpu"], scores["cpu"], strict=True):
        for (name, value), (_, expected) in zip(ours, theirs, strict=True):
            assert value == pytest.approx(expected, rel=1e-4), name


def test_a_label_that_is_no_class_is_told_when_the_loss_is_read(make_solver, database):
    with lmdb.open(str(database)) as env, env.begin(write=True) as transaction:
        key = b"00000011"
        datum = Datum.FromString(transaction.get(key))
        datum.label = 9
        transaction.put(key, datum.SerializeToString())
    solver = make_solver(device="gpu")
    solver.step(4)
    with pytest.raises(ConfigError, match=r"layer 'loss' .*a label of a batch since the loss was"):
        float(solver.smoothed)
    solver = make_solver("display: 1", device="gpu")
    with pytest.raises(ConfigError, match=r"layer 'loss' .*label 9 of item .*record b'00000011'"):
        solver.step(8)
