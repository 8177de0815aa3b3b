import re
import signal
import subprocess
import sys
import time

import pytest

from cortado.proto import read_solver_state, read_weights


def weights(path):
    return {layer.name: layer.blobs for layer in read_weights(path) if layer.blobs}


def test_train_writes_weights_and_state(pictures, caffe):
    status, lines = caffe("train", "-solver", "solver.prototxt")
    assert status == 0
    assert lines[0] == "caffe.cpp:197] Use CPU."
    assert "caffe.cpp:250] Optimization Done." in lines
    assert read_solver_state("it_iter_4.solverstate").iteration == 4
    assert weights("it_iter_4.caffemodel")["ip"][0].shape == (12, 1440)


def test_the_solver_is_logged_as_caffe_logs_it(pictures, caffe):
    _, lines = caffe("train", "-solver=solver.prototxt", "-stage", "a,b", "--level", "2")
    start = lines.index("solver.cpp:45] Initializing solver from parameters: ")
    text = "\n".join(lines[start:])
    assert 'train_state {\n  level: 2\n  stage: "a"\n  stage: "b"\n}' in text
    assert 'state {\n  phase: TRAIN\n  level: 2\n  stage: "a"\n  stage: "b"\n}' in text


def test_finetuning_takes_the_layers_of_the_same_name(pictures, caffe):
    caffe("train", "-solver", "solver.prototxt")
    net = (pictures / "net.prototxt").read_text()
    (pictures / "net.prototxt").write_text(net.replace('"ip"', '"ip_new"'))
    status, lines = caffe("train", "-solver", "solver.prototxt", "-weights", "it_iter_4.caffemodel")
    assert status == 0
    assert "caffe.cpp:163] Finetuning from it_iter_4.caffemodel" in lines
    assert "net.cpp:744] Ignoring source layer ip" in lines


def test_a_layer_of_another_shape_is_refused_or_skipped(pictures, caffe):
    caffe("train", "-solver", "solver.prototxt")
    net = (pictures / "net.prototxt").read_text()
    (pictures / "net.prototxt").write_text(net.replace("num_output: 12", "num_output: 13"))
    words = ("train", "-solver", "solver.prototxt", "-weights", "it_iter_4.caffemodel")
    status, lines = caffe(*words)
    assert status == 1
    assert re.search(
        r"layer 'ip' .*weight 0 has shape \(13, 1440\), but \(12, 1440\) in it_iter_4.caffemodel.*"
        "rename it.*-weights_skip ip",
        lines[-1],
    )
    status, lines = caffe(*words, "--weights-skip", "ip")
    assert status == 0


def test_a_run_is_resumed(pictures, caffe):
    caffe("train", "-solver", "solver.prototxt")
    solver = (pictures / "solver.prototxt").read_text()
    (pictures / "solver.prototxt").write_text(solver.replace("max_iter: 4", "max_iter: 6"))
    status, lines = caffe(
        "train", "-solver", "solver.prototxt", "-snapshot", "it_iter_4.solverstate"
    )
    assert status == 0
    assert "caffe.cpp:233] Resuming from it_iter_4.solverstate" in lines
    assert any(line.startswith("solver.cpp:239] Iteration 4 ") for line in lines)
    assert not any(line.startswith("solver.cpp:239] Iteration 2 ") for line in lines)
    assert read_solver_state("it_iter_6.solverstate").iteration == 6


def test_solver_mode_gpu_without_a_gpu_runs_on_the_cpu_and_says_so(pictures, caffe, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with open("solver.prototxt", "a") as file:
        file.write("solver_mode: GPU")
    status, lines = caffe("train", "-solver", "solver.prototxt")
    assert status == 0
    said = 'solver_mode: GPU, but running on the CPU: device "gpu:0" needs cupy'
    assert any(said in line for line in lines)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "-solver: a solver definition is needed"),
        (["-solver", "nowhere"], "no such file: nowhere"),
        (["-solver", "net.prototxt"], r"net.prototxt:\d+:\d+: .*no field 'name'"),
        (["-solver", "s", "-weights", "w", "-snapshot", "x"], "give one, not both"),
        (["-solver", "solver.prototxt", "-snapshot", "gone"], "no such file: gone"),
        (["-solver", "solver.prototxt", "-weights", "gone"], "no such file: gone"),
        (["-solver", "solver.prototxt", "-sigint_effect", "x"], "sigint_effect"),
        (["-slover", "x"], "unknown flag -slover; did you mean -solver"),
        (["-solver", "solver.prototxt", "-gpu", "0"], "gpu:0"),
    ],
)
def test_what_is_missing_or_wrong_is_named(pictures, caffe, words, message):
    status, lines = caffe("train", *words)
    assert status == 1
    assert re.search(f"^caffe.*: error: .*{message}", lines[-1])


@pytest.mark.parametrize(
    ("number", "stops"), [(signal.SIGINT, True), (signal.SIGHUP, False)], ids=["SIGINT", "SIGHUP"]
)
def test_signals_save_and_sigint_stops(pictures, number, stops):
    solver = (pictures / "solver.prototxt").read_text()
    (pictures / "solver.prototxt").write_text(solver.replace("max_iter: 4", "max_iter: 1000000"))
    command = "import sys; from cortado.tools.cli import main; sys.exit(main(sys.argv[1:]))"
    run = subprocess.Popen(
        [sys.executable, "-c", command, "train", "-solver", "solver.prototxt"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stderr
    try:
        for line in run.stderr:
            if "Iteration 4 " in line:
                break
        run.send_signal(number)
        for line in run.stderr:
            if "Snapshotting solver state" in line:
                break
        else:
            pytest.fail("no snapshot")
        if stops:
            assert "Optimization stopped early." in run.stderr.read()
            assert run.wait(20) == 0
        else:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline and not list(pictures.glob("*.solverstate")):
                time.sleep(0.01)
            assert run.poll() is None
        (state,) = pictures.glob("*.solverstate")
        assert read_solver_state(state).iteration > 4
    finally:
        run.kill()
        run.wait()
        run.stderr.close()


def test_timing_lists_every_layer_both_ways(pictures, caffe):
    status, lines = caffe("train", "-solver", "solver.prototxt", "-timing")
    assert status == 0, lines[-1]
    first = lines.index("train.py:50] ")
    table = [line.split() for line in lines[first + 1 : first + 8]]
    assert [row[:3] for row in table[:-1]] == [
        ["forw", "0", "data"],
        ["forw", "1", "ip"],
        ["forw", "2", "loss"],
        ["back", "2", "loss"],
        ["back", "1", "ip"],
        ["back", "0", "data"],
    ]
    assert table[-1][:2] == ["solver", "total:"]
    assert all(float(row[-1]) >= 0 for row in table)
    assert lines.count("train.py:50] ") == 2  # iterations 0 and 2: display is 2
