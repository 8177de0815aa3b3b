import h5py
import numpy as np
import pytest

from cortado.core import Blob
from cortado.proto import ConfigError


def hdf5_output(path):
    return f'type: "HDF5Output" bottom: "x" bottom: "y" hdf5_output_param {{ file_name: "{path}" }}'


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_forward_appends_its_rows(make_layer, tmp_path, dtype):
    path = tmp_path / "out.h5"
    layer, bottom, top = make_layer(hdf5_output(path), (2, 3, 4), (2,), tops=0, dtype=dtype)
    written = []
    for i in range(3):
        bottom[0].data[...] += i
        bottom[1].data[...] = i
        layer.forward(bottom, top)
        written.append([b.data.copy() for b in bottom])
    layer.close()
    with h5py.File(path) as file:
        assert set(file) == {"data", "label"}
        for name, batches in zip(("data", "label"), zip(*written, strict=True), strict=True):
            assert file[name].dtype == dtype
            np.testing.assert_array_equal(file[name], np.concatenate(batches))


def test_the_batch_may_change_but_not_its_rows(make_layer, tmp_path):
    layer, bottom, top = make_layer(hdf5_output(tmp_path / "out.h5"), (2, 3), (2,), tops=0)
    layer.forward(bottom, top)
    bottom = [Blob((5, 3)), Blob((5,))]
    layer.reshape(bottom, top)
    layer.forward(bottom, top)
    with pytest.raises(ConfigError, match=r"rows of /data had shape \(3,\) before and \(4,\) now"):
        layer.reshape([Blob((5, 4)), Blob((5,))], top)
    layer.close()
    with h5py.File(tmp_path / "out.h5") as file:
        assert (file["data"].shape, file["label"].shape) == ((7, 3), (7,))


def test_no_gradient_comes_from_a_file(make_layer, tmp_path):
    layer, bottom, top = make_layer(hdf5_output(tmp_path / "out.h5"), (2, 3), (2,), tops=0)
    bottom[0].diff[...] = 7
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()
    layer.close()


@pytest.mark.parametrize("shapes", [((2, 3), (3,)), ((), (2,))])
def test_both_bottoms_need_as_many_rows(make_layer, tmp_path, shapes):
    with pytest.raises(ConfigError, match="their first axes must be equal"):
        make_layer(hdf5_output(tmp_path / "out.h5"), *shapes, tops=0)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", "hdf5_output_param.file_name: is not set"),
        ("/nowhere/out.h5", "'/nowhere/out.h5' cannot be written in '/nowhere'"),
    ],
)
def test_a_file_that_cannot_be_written(make_layer, path, message):
    with pytest.raises(ConfigError, match=message):
        make_layer(hdf5_output(path), (2, 3), (2,), tops=0)
