import pickle
import zipfile
from contextlib import suppress

import numpy as np
import pytest

from cortado.nets.exchange import read_arrays, write_arrays
from cortado.proto import ConfigError

ARRAYS = {
    "b/x.weight": np.arange(6, dtype="float32").reshape(2, 3),
    "a.bias": np.array([1.5], "float32"),
    "scalar": np.array(2.0, "float32"),
}


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
def test_what_was_written_is_read(tmp_path, kind):
    if kind == "safetensors":
        pytest.importorskip("safetensors")
    path = tmp_path / f"it.{kind}"
    write_arrays(path, ARRAYS)
    found = read_arrays(path)
    assert list(found) == (list(ARRAYS) if kind == "npz" else sorted(ARRAYS))
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].shape == array.shape


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
def test_damaged_files_are_named(tmp_path, kind):
    if kind == "safetensors":
        pytest.importorskip("safetensors")
    path = tmp_path / f"it.{kind}"
    write_arrays(path, ARRAYS)
    whole = path.read_bytes()
    for data in (b"", b"nonsense" * 9, whole[: len(whole) // 2]):
        path.write_bytes(data)
        with pytest.raises(ConfigError, match=f"it.{kind}: is damaged"):
            read_arrays(path)


def test_whatever_is_damaged_is_named(tmp_path):
    path = tmp_path / "it.npz"
    np.savez_compressed(path, **ARRAYS)
    whole, rng = path.read_bytes(), np.random.default_rng(1)
    for _ in range(100):
        data = bytearray(whole)
        data[rng.integers(len(data))] = rng.integers(256)
        path.write_bytes(data)
        with suppress(ConfigError):
            read_arrays(path)


def test_other_files_in_an_archive_are_no_arrays(tmp_path):
    with zipfile.ZipFile(tmp_path / "it.npz", "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(ConfigError, match="notes.txt is no array"):
        read_arrays(tmp_path / "it.npz")


def test_no_pickle_is_opened(tmp_path):
    path = tmp_path / "it.npz"
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ConfigError, match="damaged or holds no named arrays"):
        read_arrays(path)
    for name in ("model.pth", "model.pt"):
        with pytest.raises(ConfigError, match=r"pickled .* not read.*safetensors.torch.*save_file"):
            read_arrays(tmp_path / name)


def test_a_single_array_has_no_name(tmp_path):
    np.save(tmp_path / "it.npy", np.ones(3))
    (tmp_path / "it.npy").rename(tmp_path / "it.npz")
    with pytest.raises(ConfigError, match="a single array without a name"):
        read_arrays(tmp_path / "it.npz")


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="are read from .npz and .safetensors"):
        read_arrays(tmp_path / "it.txt")
    with pytest.raises(ConfigError, match="are written as .npz or .safetensors"):
        write_arrays(tmp_path / "it.txt", ARRAYS)
    with pytest.raises(ConfigError, match="no such file"):
        read_arrays(tmp_path / "it.npz")
