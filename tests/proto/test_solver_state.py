from pathlib import Path

import numpy as np
import pytest

from cortado.proto import (
    ConfigError,
    SolverState,
    read_solver_state,
    write_solver_state,
)
from cortado.proto.caffe_pb2 import SolverState as Message

GOLDENS = Path(__file__).parents[1] / "goldens/solvers"
MODELS = Path(__file__).parents[2] / "../shared/models"


@pytest.mark.parametrize("path", sorted(GOLDENS.glob("*/*.solverstate")), ids=str)
def test_states_of_caffe_are_written_byte_for_byte(path, tmp_path):
    write_solver_state(tmp_path / "again", read_solver_state(path))
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_published_states_are_written_byte_for_byte(tmp_path):
    path = MODELS / "lenet_mnist/lenet_iter_10000.solverstate"
    if not path.exists():
        pytest.skip("needs ../shared/models")
    write_solver_state(tmp_path / "again", read_solver_state(path))
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_a_state_is_the_message_of_caffe(tmp_path):
    history = [np.array([[1, 2]], np.float32), np.array([3], np.float32)]
    write_solver_state(tmp_path / "s", SolverState(6, "w.caffemodel", history, 2))
    message = Message(iter=6, learned_net="w.caffemodel", current_step=2)
    message.history.add(shape={"dim": [1, 2]}, data=[1, 2])
    message.history.add(shape={"dim": [1]}, data=[3])
    assert Message.FromString((tmp_path / "s").read_bytes()) == message


def test_a_state_is_read_back(tmp_path):
    history = [np.array([[1, 2]], np.float32)]
    write_solver_state(tmp_path / "s", SolverState(6, "w", history, 2))
    state = read_solver_state(tmp_path / "s")
    assert (state.iteration, state.learned_net, state.current_step) == (6, "w", 2)
    assert np.array_equal(state.history[0], history[0])


def test_iteration_0_is_a_state(tmp_path):
    write_solver_state(tmp_path / "s", SolverState())
    assert read_solver_state(tmp_path / "s") == SolverState()


def test_weights_are_no_state():
    with pytest.raises(ConfigError, match="names no iteration: it is no solver state"):
        read_solver_state(GOLDENS / "adam/init.caffemodel")


def test_a_truncated_state_is_an_error(tmp_path):
    path = tmp_path / "cut"
    path.write_bytes((GOLDENS / "adagrad/snap_iter_6.solverstate").read_bytes()[:-30])
    with pytest.raises(ConfigError, match=r"cut: at byte 1126: 7 more bytes were announced: "):
        read_solver_state(path)


def test_a_missing_file_is_named():
    with pytest.raises(ConfigError, match="no such file: no.solverstate"):
        read_solver_state("no.solverstate")
