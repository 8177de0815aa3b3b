"""The names of the package, and what importing it loads."""

import subprocess
import sys

import pytest

import caffe


@pytest.mark.parametrize("name", [*caffe.__all__, *caffe._LAZY])
def test_every_public_name_is_there(name):
    assert getattr(caffe, name) is not None


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="module 'caffe' has no attribute 'Nett'"):
        _ = caffe.Nett


def test_import_loads_neither_opencv_nor_numba():
    script = "import caffe, sys; print({'cv2', 'numba', 'pydot'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


def test_the_place_among_solvers_is_kept():
    assert (caffe.solver_count(), caffe.solver_rank()) == (1, 0)
    caffe.set_solver_count(2)
    caffe.set_solver_rank(1)
    caffe.set_multiprocess(True)
    try:
        assert (caffe.solver_count(), caffe.solver_rank()) == (2, 1)
    finally:
        caffe.set_solver_count(1)
        caffe.set_solver_rank(0)
        caffe.set_multiprocess(False)


def test_nccl_is_an_error_that_says_what_to_do():
    assert not caffe.has_nccl()
    with pytest.raises(RuntimeError, match="a net runs on one here: train in one process"):
        caffe.NCCL.new_uid()
    with pytest.raises(RuntimeError, match="a net runs on one here"):
        caffe.NCCL(None, "uid")


def test_the_log_is_written_from_a_level_up(capsys):
    try:
        caffe.init_log(0)
        caffe.log("so far so good")
        assert capsys.readouterr().err.endswith("so far so good\n")
        caffe.init_log(2, True)
        caffe.log("hush")
        assert not capsys.readouterr().err
    finally:
        caffe.init_log()


def test_a_timer_counts_milliseconds(monkeypatch):
    seconds = iter([1.0, 1.5, 7.0, 7.25])
    monkeypatch.setattr("caffe.timer.perf_counter", lambda: next(seconds))
    timer = caffe.Timer()
    assert timer.ms == 0
    timer.start()
    timer.start()
    timer.stop()
    assert (timer.ms, timer.ms) == (500, 500)
    timer.start()
    assert timer.ms == 250


def test_classes_are_where_scripts_look_for_them():
    assert caffe._caffe.Net is caffe.pycaffe.Net is caffe.Net
    assert caffe._caffe.Layer is caffe.Layer
    assert caffe.pycaffe.SGDSolver is caffe.SGDSolver
    assert caffe.__version__ == "1.0.0"
    assert (caffe.TRAIN, caffe.TEST) == (0, 1)


def test_the_schema_is_at_its_usual_place():
    from caffe.proto import caffe_pb2

    assert caffe_pb2.NetParameter(name="x").name == "x"
    assert caffe_pb2.TRAIN == caffe.TRAIN
    assert "InnerProduct" in caffe.layer_type_list()


def test_the_schema_is_there_after_import_caffe():
    """Scripts say caffe.proto.caffe_pb2.BlobProto() and import nothing else."""
    script = "import caffe; print(caffe.proto.caffe_pb2.BlobProto(num=3).num)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "3\n", done.stderr
