"""Weights and states in HDF5 against real Caffe's files, down to the types of the datasets."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from cortado.proto import (
    ConfigError,
    SolverState,
    parse_net,
    read_solver_state,
    read_weights,
    write_caffemodel_hdf5,
    write_solver_state_hdf5,
)

GOLDENS = Path(__file__).parents[1] / "goldens/solvers"
MODELS = Path(__file__).parents[2] / "../shared/models"
WEIGHT = np.arange(6, dtype=np.float32).reshape(2, 3)
BIAS = np.array([7, 8], np.float32)


def contents(path):
    """Every group and dataset of a file: name, shape, type as stored, and values."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            kind = item.id.get_type()
            found[name] = (item.shape, kind.encode(), item[()].tobytes(), dict(item.attrs))
            assert item.chunks is None
        else:
            found[name] = "group"

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


@pytest.mark.parametrize("path", sorted(GOLDENS.glob("*/*.solverstate.h5")), ids=str)
def test_a_state_is_written_field_for_field(path, tmp_path):
    write_solver_state_hdf5(tmp_path / "again.h5", read_solver_state(path))
    assert contents(tmp_path / "again.h5") == contents(path)


@pytest.mark.parametrize("path", sorted(GOLDENS.glob("*/*.caffemodel.h5")), ids=str)
def test_weights_are_written_field_for_field(path, tmp_path):
    weights = read_weights(path)
    net = parse_net("".join(f'layer {{ name: "{layer.name}" }}' for layer in weights))
    write_caffemodel_hdf5(tmp_path / "again.h5", net, [layer.blobs for layer in weights])
    assert contents(tmp_path / "again.h5") == contents(path)


def test_no_dataset_of_a_state_bears_the_time_of_day(tmp_path):
    """Else a resumed run's file would not be the unbroken run's, byte for byte."""
    state = SolverState(1, "it_iter_1.caffemodel", [WEIGHT], 0)
    write_solver_state_hdf5(tmp_path / "state.h5", state)
    with h5py.File(tmp_path / "state.h5") as file:
        for name in ("iter", "learned_net", "current_step", "history/0"):
            assert h5py.h5o.get_info(file[name].id).ctime == 0, name


def test_published_files_are_read():
    folder = MODELS / "cifar10_quick"
    if not folder.exists():
        pytest.skip("needs ../shared/models")
    state = read_solver_state(folder / "cifar10_quick_iter_5000.solverstate.h5")
    assert (state.iteration, state.current_step, len(state.history)) == (5000, 0, 10)
    assert state.learned_net == "examples/cifar10/cifar10_quick_iter_5000.caffemodel.h5"
    weights = {w.name: w for w in read_weights(folder / "cifar10_quick_iter_5000.caffemodel.h5")}
    assert weights["conv1"].blobs[0].shape == (32, 3, 5, 5)
    assert weights["pool1"].blobs == []


def test_layers_with_slashes_are_groups_in_groups(tmp_path):
    net = parse_net('layer { name: "fire/squeeze" } layer { name: "fire" } layer { name: "a" }')
    write_caffemodel_hdf5(tmp_path / "w.h5", net, [[WEIGHT, BIAS], [BIAS], []])
    weights = {layer.name: layer.blobs for layer in read_weights(tmp_path / "w.h5")}
    assert sorted(weights) == ["a", "fire", "fire/squeeze"]
    assert np.array_equal(weights["fire/squeeze"][0], WEIGHT)
    assert np.array_equal(weights["fire"][0], BIAS)


def test_shared_weights_are_left_out(tmp_path):
    net = parse_net('layer { name: "a" } layer { name: "b" }')
    write_caffemodel_hdf5(tmp_path / "w.h5", net, [[WEIGHT, BIAS], [None, BIAS + 1]])
    weights = {layer.name: layer.blobs for layer in read_weights(tmp_path / "w.h5")}
    assert weights["b"][0] is None
    assert np.array_equal(weights["b"][1], BIAS + 1)


def test_diffs_are_written_on_request(tmp_path):
    net = parse_net('layer { name: "a" }')
    write_caffemodel_hdf5(tmp_path / "w.h5", net, [[BIAS]], [[BIAS + 1]])
    with h5py.File(tmp_path / "w.h5") as file:
        assert file["diff/a/0"][()].tolist() == [8, 9]
    assert len(read_weights(tmp_path / "w.h5")) == 1


def test_doubles_stay_doubles(tmp_path):
    net = parse_net('layer { name: "a" }')
    write_caffemodel_hdf5(tmp_path / "w.h5", net, [[BIAS.astype(np.float64)]])
    assert read_weights(tmp_path / "w.h5")[0].blobs[0].dtype == np.float64


def test_blobs_are_in_order_of_their_numbers(tmp_path):
    write_solver_state_hdf5(tmp_path / "s.h5", SolverState(3, "w", [BIAS + i for i in range(12)]))
    state = read_solver_state(tmp_path / "s.h5")
    assert [int(array[0]) for array in state.history] == list(range(7, 19))


@pytest.mark.parametrize("read", [read_weights, read_solver_state])
@pytest.mark.parametrize("size", [20, 100, 1000, 3000])
def test_a_truncated_file_is_an_error(tmp_path, read, size):
    path = tmp_path / "cut.h5"
    source = GOLDENS / "adam/snap_iter_6"
    suffix = ".caffemodel.h5" if read is read_weights else ".solverstate.h5"
    path.write_bytes(source.with_name(source.name + suffix).read_bytes()[:size])
    with pytest.raises(ConfigError, match=r"cut.h5: damaged HDF5 file: "):
        read(path)


def test_weights_are_no_state_and_a_state_no_weights():
    with pytest.raises(ConfigError, match="has no iter or no history: it is no solver state"):
        read_solver_state(GOLDENS / "adam/snap_iter_6.caffemodel.h5")
    with pytest.raises(ConfigError, match="has no group /data: it holds no weights"):
        read_weights(GOLDENS / "adam/snap_iter_6.solverstate.h5")


def test_a_dataset_of_text_holds_no_weights(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["data/a/0"] = "text"
    with pytest.raises(ConfigError, match=r"w.h5: /data/a/0 holds no numbers"):
        read_weights(tmp_path / "w.h5")
