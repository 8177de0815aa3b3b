import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

from cortado.core import log
from cortado.data.db_writer import DatabaseWriter
from cortado.proto import ConfigError, write_mean
from cortado.proto.caffe_pb2 import Datum


def data(path, batch_size=2, backend="backend: LMDB", tops=2, more="", transform=""):
    names = "".join(f'top: "{name}" ' for name in ("data", "label")[:tops])
    return (
        f'type: "Data" {names} data_param {{ source: "{path}" batch_size: {batch_size} {backend} '
        f"{more} }} transform_param {{ {transform} }}"
    )


@pytest.fixture
def images(rng):
    return list(rng.integers(0, 256, (5, 3, 6, 8), dtype=np.uint8))


@pytest.fixture
def database(write_images, images):
    return write_images(images)


def batches(layer, top, count):
    """Copies of (data, labels) of the next batches."""
    found = []
    for _ in range(count):
        layer.forward([], top)
        found.append([blob.data.copy() for blob in top])
    return found


def labels(layer, top, count):
    return [batch[1].tolist() for batch in batches(layer, top, count)]


def test_batches_run_on_from_the_last_record_to_the_first(data_layer, database, images):
    layer, top = data_layer(data(database))
    assert [t.shape for t in top] == [(2, 3, 6, 8), (2,)]
    found = batches(layer, top, 3)
    np.testing.assert_array_equal(
        [batch[0] for batch in found], np.take(images, [[0, 1], [2, 3], [4, 0]], 0)
    )
    assert [batch[1].tolist() for batch in found] == [[0, 1], [2, 3], [4, 0]]


def test_a_batch_may_be_longer_than_the_database(data_layer, database):
    assert labels(*data_layer(data(database, 7)), 2) == [
        [0, 1, 2, 3, 4, 0, 1],
        [2, 3, 4, 0, 1, 2, 3],
    ]


def test_labels_may_be_left_out(data_layer, database, images):
    layer, top = data_layer(data(database, tops=1), tops=1)
    np.testing.assert_array_equal(batches(layer, top, 1)[0][0], images[:2])


def test_large_images_are_transformed_one_by_one_to_the_same(data_layer, write_images, rng):
    images = rng.integers(0, 256, (3, 3, 80, 90), dtype=np.uint8)
    layer, top = data_layer(data(write_images(images), 3, transform="mean_value: 9 scale: 0.5"))
    np.testing.assert_array_equal(batches(layer, top, 1)[0][0], (images - 9.0) / 2)


def test_transforms_are_applied(data_layer, database, images, tmp_path):
    mean = np.arange(144, dtype=np.float32).reshape(1, 3, 6, 8)
    write_mean(tmp_path / "mean", mean)
    layer, top = data_layer(
        data(database, transform=f'mean_file: "{tmp_path}/mean" crop_size: 4 scale: 0.5'),
        phase="TEST",
    )
    expected = (np.array(images[:2], float) - mean)[:, :, 1:5, 2:6] / 2
    np.testing.assert_array_equal(batches(layer, top, 1)[0][0], expected)


def test_random_crops_and_mirrors_depend_on_the_seed_alone(
    data_layer, database, images, monkeypatch
):
    text = data(database, transform="crop_size: 4 mirror: true")
    first = batches(*data_layer(text), 6)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    again = batches(*data_layer(text.replace("backend", "prefetch: 1 backend")), 6)
    for (x, _), (y, _) in zip(first, again, strict=True):
        np.testing.assert_array_equal(x, y)
    crops = {
        np.float64(image[:, top : top + 4, left : left + 4][..., ::step]).tobytes()
        for image in images
        for top in range(3)
        for left in range(5)
        for step in (1, -1)
    }
    found = {crop.tobytes() for x, _ in first for crop in x}
    assert found <= crops
    assert len(found) > 8


def test_a_restored_layer_goes_on_as_if_nothing_had_happened(data_layer, database):
    text = data(database, transform="crop_size: 4 mirror: true")
    layer, top = data_layer(text)
    batches(layer, top, 4)
    state = json.loads(json.dumps(layer.state()))
    expected = batches(layer, top, 3)
    other, top = data_layer(text)
    batches(other, top, 1)
    other.restore(state)
    assert other.state() == state
    for (x, label), (y, other_label) in zip(expected, batches(other, top, 3), strict=True):
        np.testing.assert_array_equal(x, y)
        np.testing.assert_array_equal(label, other_label)


def test_state_counts_what_was_used_not_what_was_read_ahead(data_layer, database):
    layer, top = data_layer(data(database))
    assert layer.state()["batches"] == 0
    batches(layer, top, 3)
    assert layer.state()["batches"] == 3


def test_two_layers_may_read_one_database(data_layer, database):
    first, second = data_layer(data(database)), data_layer(data(database, 3))
    assert labels(*first, 1) == [[0, 1]]
    assert labels(*second, 1) == [[0, 1, 2]]
    assert labels(*first, 1) == [[2, 3]]


def test_a_leveldb_is_the_default(data_layer, write_images, images):
    pytest.importorskip("plyvel", reason="LevelDB needs the extra package plyvel")
    layer, top = data_layer(data(write_images(images, backend="leveldb"), backend=""))
    assert labels(layer, top, 3) == [[0, 1], [2, 3], [4, 0]]
    layer.restore({"seed": 1, "batches": 6})
    assert labels(layer, top, 1) == [[2, 3]]


def test_an_lmdb_is_opened_even_if_the_backend_was_forgotten(data_layer, database):
    assert labels(*data_layer(data(database, backend="")), 1) == [[0, 1]]


def test_encoded_images_become_what_force_color_and_force_gray_say(data_layer, write_images):
    image = np.full((4, 5, 3), 60, np.uint8)
    path = write_images([cv2.imencode(".png", image)[1].tobytes()] * 2)
    for transform, channels in (("", 3), ("force_gray: true", 1), ("force_color: true", 3)):
        layer, top = data_layer(data(path, transform=transform))
        assert top[0].shape == (2, channels, 4, 5)
        assert (batches(layer, top, 1)[0][0] == 60).all()


def test_a_batch_of_one_takes_the_size_of_each_image(data_layer, write_images, rng):
    images = [rng.integers(0, 256, (1, h, 4), dtype=np.uint8) for h in (3, 6, 2)]
    layer, top = data_layer(data(write_images(images), 1))
    assert layer.shapes_vary
    for image in [*images, images[0]]:
        layer.forward([], top)
        np.testing.assert_array_equal(top[0].data[0], image)


def test_images_of_several_sizes_do_not_make_a_batch(data_layer, write_images):
    images = [np.zeros((1, h, 4), np.uint8) for h in (3, 3, 3, 6)]
    layer, top = data_layer(data(write_images(images)))
    layer.forward([], top)
    message = r"'it' \(Data\): record b'00000003' of .*db: it becomes 1 x 6 x 4 .* 1 x 3 x 4: "
    with pytest.raises(ConfigError, match=message):
        layer.forward([], top)


def test_items_are_described_by_their_keys(data_layer, database):
    layer, top = data_layer(data(database))
    batches(layer, top, 2)
    assert layer.describe_item(1) == f"record b'00000003' of {database}"


def test_the_log_is_caffes(data_layer, database, monkeypatch):
    lines = []
    monkeypatch.setattr(log, "info", lambda *line: lines.append(line))
    data_layer(data(database))
    assert lines == [
        ("db_lmdb.cpp:35", f"Opened lmdb {database}"),
        ("data_layer.cpp:45", "output data size: 2,3,6,8"),
    ]


@pytest.mark.parametrize("field", ["rand_skip: 3", "shuffle: true"])
def test_fields_that_are_ignored_are_named(data_layer, database, monkeypatch, field):
    lines = []
    monkeypatch.setattr(log, "warning", lambda source, message: lines.append(message))
    data_layer(data(database, more=field))
    assert lines == [f"data_param.{field.split(':')[0]} is ignored"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": "/nowhere"}, r"'it' \(Data\): data_param.source: no LMDB at '/nowhere'"),
        ({"batch_size": 0}, "data_param.batch_size: must be 1 or more"),
        ({"more": "prefetch: 0"}, "data_param.prefetch: 0 must be 1 or more batches"),
        ({"transform": "crop_size: 7"}, "record b'00000000' of .*crop_size: 7 does not fit"),
        ({"transform": 'mean_file: "/nowhere"'}, "transform_param.mean_file: no such file"),
    ],
)
def test_bad_parameters(data_layer, database, options, message):
    with pytest.raises(ConfigError, match=message) as error:
        data_layer(data(**{"path": database, **options}))
    assert str(error.value).count("layer 'it' (") == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"\xff\xff", "its 2 bytes are no Datum"),
        (Datum(channels=1, height=2, width=2, data=b"123").SerializeToString(), "holds 3 values"),
        (Datum(encoded=True, data=b"nonsense").SerializeToString(), "no image that OpenCV can"),
    ],
)
def test_a_bad_record_is_named_when_its_turn_comes(data_layer, tmp_path, value, message):
    good = Datum(channels=1, height=2, width=2, data=b"1234").SerializeToString()
    with DatabaseWriter(tmp_path / "db", "lmdb") as database:
        for key, record in ((b"a", good), (b"b", good), (b"c", value)):
            database.put(key, record)
    layer, top = data_layer(data(tmp_path / "db", 1))
    batches(layer, top, 2)
    with pytest.raises(ConfigError, match=rf"'it' \(Data\): record b'c' of .*db: .*{message}"):
        layer.forward([], top)


def test_a_first_record_that_is_bad_is_named_at_once(data_layer, tmp_path):
    with DatabaseWriter(tmp_path / "db", "lmdb") as database:
        database.put(b"a", b"nonsense")
    with pytest.raises(ConfigError, match=r"'it' \(Data\): record b'a' of .*db: "):
        data_layer(data(tmp_path / "db"))


def test_the_interpreter_exits_although_nobody_closed(write_images, rng):
    path = write_images(rng.integers(0, 256, (40, 3, 60, 60), dtype=np.uint8))
    script = f"""
from cortado.core import Blob
from cortado.layers import create_layer
from cortado.proto import parse_text
from cortado.proto.caffe_pb2 import LayerParameter
param = LayerParameter()
parse_text('''name: "it" {data(path, 8, transform="crop_size: 50 mirror: true")}''', param)
layer, top = create_layer(param), [Blob(), Blob()]
layer.prepare([], top)
for _ in range(10):
    layer.forward([], top)
print("done")
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"done\n", b"")
