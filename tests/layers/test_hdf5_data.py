import h5py
import numpy as np
import pytest

from cortado.core import log
from cortado.proto import ConfigError


def write(path, **datasets):
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file[name] = values


@pytest.fixture
def files(tmp_path):
    """Rows 0 to 2 in one file, 3 to 7 in another; data (2, 3) holds 10 times the label."""
    for name, rows in (("a", range(3)), ("b c", range(3, 8))):
        label = np.array(rows, np.int32)
        data = np.broadcast_to(10.0 * label.reshape(-1, 1, 1), (len(rows), 2, 3))
        write(tmp_path / f"{name}.h5", data=data, label=label)
    (tmp_path / "list.txt").write_text(f"{tmp_path}/a.h5\n{tmp_path}/b c.h5\n")
    return tmp_path


def hdf5_data(folder, batch_size=2, more="", tops=("data", "label")):
    names = "".join(f'top: "{name}" ' for name in tops)
    return (
        f'type: "HDF5Data" {names} hdf5_data_param {{ source: "{folder}/list.txt" '
        f"batch_size: {batch_size} {more} }}"
    )


def rows(layer, top, count):
    found = []
    for _ in range(count):
        layer.forward([], top)
        assert (top[0].data == 10 * top[1].data.reshape(-1, 1, 1)).all()
        found += top[1].data.astype(int).tolist()
    return found


def test_batches_run_across_the_files_and_on(data_layer, files):
    layer, top = data_layer(hdf5_data(files))
    assert [t.shape for t in top] == [(2, 2, 3), (2,)]
    assert rows(layer, top, 6) == [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3]


def test_a_batch_may_be_longer_than_all_files(data_layer, files):
    layer, top = data_layer(hdf5_data(files, 11))
    assert rows(layer, top, 2) == [i % 8 for i in range(22)]


@pytest.mark.parametrize("dtype", ["u1", "i8", "f4", "f8", ">f4"])
def test_datasets_may_be_of_any_number_type_and_rank(data_layer, tmp_path, dtype):
    write(tmp_path / "a.h5", deep=np.arange(48, dtype=dtype).reshape(2, 2, 3, 2, 2))
    (tmp_path / "list.txt").write_text(f"{tmp_path}/a.h5")
    layer, top = data_layer(hdf5_data(tmp_path, tops=["deep"]), tops=1)
    layer.forward([], top)
    np.testing.assert_array_equal(top[0].data.ravel(), np.arange(48))


def test_shuffle_draws_the_order_of_files_and_rows_for_every_round(data_layer, files):
    layer, top = data_layer(hdf5_data(files, 8, "shuffle: true"))
    rounds = [rows(layer, top, 1) for _ in range(12)]
    assert all(sorted(each) == list(range(8)) for each in rounds)
    assert {each[0] < 3 for each in rounds} == {True, False}
    assert len(set(map(tuple, rounds))) > 8
    for each in rounds:
        first = [row for row in each if (row < 3) == (each[0] < 3)]
        assert each[: len(first)] == first  # a file is read to its end


@pytest.mark.parametrize("more", ["", "shuffle: true"])
def test_a_restored_layer_goes_on_as_if_nothing_had_happened(data_layer, files, more):
    text = hdf5_data(files, 3, more)
    layer, top = data_layer(text)
    rows(layer, top, 5)
    state = layer.state()
    expected = rows(layer, top, 7)
    other, top = data_layer(text)
    other.restore(state)
    assert rows(other, top, 7) == expected


def test_items_are_described_by_file_and_row(data_layer, files):
    layer, top = data_layer(hdf5_data(files, 4))
    rows(layer, top, 1)
    assert layer.describe_item(2) == f"row 2 of {files}/a.h5"
    assert layer.describe_item(3) == f"row 0 of {files}/b c.h5"


def test_the_log_is_caffes(data_layer, files, monkeypatch):
    lines = []
    monkeypatch.setattr(log, "info", lambda source, message: lines.append(message))
    data_layer(hdf5_data(files))
    assert lines == [
        f"Loading list of HDF5 filenames from: {files}/list.txt",
        "Number of HDF5 files: 2",
    ]


@pytest.mark.parametrize(
    ("datasets", "message"),
    [
        ({"data": np.zeros((5, 2, 3))}, r"b c\.h5: has no dataset 'label'; .* the file has 'data'"),
        ({}, r"has no dataset 'data'; .* the file has none"),
        (
            {"data": np.zeros((5, 2, 3)), "label": np.zeros(4)},
            r"b c\.h5: the datasets differ in their number of rows: 'data' has 5, 'label' has 4",
        ),
        (
            {"data": np.zeros((5, 2, 4)), "label": np.zeros(5)},
            r"b c\.h5: a row of 'data' has shape \(2, 4\), but \(2, 3\) in .*a\.h5",
        ),
        ({"data": np.zeros((0, 2, 3)), "label": np.zeros(0)}, r"b c\.h5: has no rows"),
        ({"data": 3.0, "label": 3.0}, r"b c\.h5: 'data': has no axes"),
        ({"data": b"text", "label": 3.0}, r"b c\.h5: 'data': is no dataset of floating-point"),
    ],
)
def test_a_file_that_does_not_fit_is_named_before_anything_is_read(
    data_layer, files, datasets, message
):
    write(files / "b c.h5", **datasets)
    with pytest.raises(
        ConfigError, match=r"'it' \(HDF5Data\): hdf5_data_param.source: .*" + message
    ):
        data_layer(hdf5_data(files))


@pytest.mark.parametrize("content", [None, b"nonsense"])
def test_a_file_that_is_missing_or_no_hdf5_is_named(data_layer, files, content):
    (files / "b c.h5").unlink()
    if content:
        (files / "b c.h5").write_bytes(content)
    with pytest.raises(ConfigError, match=r"b c\.h5: no such file, or no HDF5 file"):
        data_layer(hdf5_data(files))


def test_a_file_that_is_truncated_is_named(data_layer, files):
    content = (files / "b c.h5").read_bytes()
    (files / "b c.h5").write_bytes(content[: len(content) // 2])
    with pytest.raises(ConfigError, match=r"b c\.h5: damaged HDF5 file"):
        data_layer(hdf5_data(files))


def test_an_empty_list_is_refused(data_layer, tmp_path):
    (tmp_path / "list.txt").write_text("\n")
    with pytest.raises(ConfigError, match=r"list\.txt: the list is empty"):
        data_layer(hdf5_data(tmp_path))


@pytest.mark.parametrize(
    ("batch_size", "more", "message"),
    [
        (0, "", "hdf5_data_param.batch_size: must be 1 or more"),
        (2, "} transform_param { scale: 2", "transform_param: HDF5Data transforms nothing"),
    ],
)
def test_bad_parameters(data_layer, files, batch_size, more, message):
    with pytest.raises(ConfigError, match=message) as error:
        data_layer(hdf5_data(files, batch_size, more))
    assert str(error.value).count("layer 'it' (") == 1
