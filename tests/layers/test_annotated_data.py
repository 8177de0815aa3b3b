import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from cortado.data.db_writer import DatabaseWriter
from cortado.proto import ConfigError, parse_net
from cortado.proto.caffe_pb2 import AnnotatedDatum, Datum

GOLDEN = Path(__file__).parents[1] / "goldens/tools/annotated"


def record(number, objects, size=(6, 8), annotated=True):
    """An image of one grey value, 10 times its number, and objects (label, box)."""
    image = np.full((*size, 3), 10 * number, np.uint8)
    data = cv2.imencode(".png", image)[1].tobytes()
    message = AnnotatedDatum(datum=Datum(encoded=True, data=data, label=number))
    if annotated:
        message.type = AnnotatedDatum.BBOX
    for label, box in objects:
        annotation = message.annotation_group.add(group_label=label).annotation.add()
        for side, value in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True):
            setattr(annotation.bbox, side, value)
    return message.SerializeToString()


@pytest.fixture
def write(tmp_path):
    """write(records, name) -> path of a database of them."""

    def write_records(records, name="db"):
        with DatabaseWriter(tmp_path / name) as database:
            for i, value in enumerate(records):
                database.put(f"{i:08}".encode(), value)
        return str(tmp_path / name)

    return write_records


A, B, C = (0, 0, 0.5, 0.5), (0.25, 0.25, 0.75, 1), (0.5, 0, 1, 1)


@pytest.fixture
def database(write):
    return write([record(1, [(1, A), (2, B)]), record(2, []), record(3, [(3, C)])])


def annotated_data(path, batch_size=2, transform="", more="", tops=2):
    names = "".join(f'top: "{name}" ' for name in ("data", "label")[:tops])
    return (
        f'type: "AnnotatedData" {names} data_param {{ source: "{path}" batch_size: {batch_size} '
        f"backend: LMDB }} transform_param {{ {transform} }} annotated_data_param {{ {more} }}"
    )


def take(layer, top, count=1):
    found = []
    for _ in range(count):
        layer.forward([], top)
        found.append([blob.data.copy() for blob in top])
    return found


def test_objects_are_rows_with_the_item_of_their_image(data_layer, database):
    layer, top = data_layer(annotated_data(database))
    assert [blob.shape for blob in top] == [(2, 3, 6, 8), (1, 1, 2, 8)]
    first, second = take(layer, top, 2)
    assert first[0][:, 0, 0, 0].tolist() == [10, 20]
    assert first[1].shape == (1, 1, 2, 8)
    assert first[1][0, 0].tolist() == [[0, 1, 0, *A, 0], [0, 2, 0, *B, 0]]
    assert second[0][:, 0, 0, 0].tolist() == [30, 10]
    assert second[1][0, 0].tolist() == [
        [0, 3, 0, *C, 0],
        [1, 1, 0, *A, 0],
        [1, 2, 0, *B, 0],
    ]


def test_a_batch_without_objects_has_one_row_of_minus_1(data_layer, write):
    layer, top = data_layer(annotated_data(write([record(1, [])])))
    assert take(layer, top)[0][1].tolist() == [[[[-1] * 8]]]


def test_the_objects_may_be_left_out(data_layer, database):
    layer, top = data_layer(annotated_data(database, tops=1), tops=1)
    assert take(layer, top)[0][0].shape == (2, 3, 6, 8)


def test_records_without_annotation_type_give_their_labels(data_layer, write):
    path = write([record(i, [], annotated=False) for i in range(3)])
    layer, top = data_layer(annotated_data(path))
    assert [batch[1].tolist() for batch in take(layer, top, 2)] == [[0, 1], [2, 0]]


def test_anno_type_overrules_the_records(data_layer, write):
    path = write([record(1, [(1, A)], annotated=False)])
    layer, top = data_layer(annotated_data(path, 1, more="anno_type: BBOX"))
    assert take(layer, top)[0][1].tolist() == [[[[0, 1, 0, *A, 0]]]]


RANDOM = (
    "mirror: true expand_param { max_expand_ratio: 2 } resize_param { height: 8 width: 8 } "
    "distort_param { brightness_prob: 1 brightness_delta: 30 }"
)


def test_the_same_seed_gives_the_same_batches_and_every_round_others(data_layer, database):
    text = annotated_data(database, 3, RANDOM, "batch_sampler { max_sample: 1 }")
    runs = [take(*data_layer(text), 3) for _ in range(2)]
    for ours, theirs in zip(*runs, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
    assert (runs[0][0][0] != runs[0][1][0]).any()


def test_a_restored_layer_goes_on_as_if_nothing_had_happened(data_layer, database):
    text = annotated_data(database, 2, RANDOM)
    layer, top = data_layer(text)
    take(layer, top, 2)
    state = layer.state()
    expected = take(layer, top, 2)
    again, top = data_layer(text)
    again.restore(state)
    for ours, theirs in zip(take(again, top, 2), expected, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


def test_images_of_several_sizes_come_one_by_one_or_resized(data_layer, write):
    path = write([record(1, [(1, A)], (4, 6)), record(2, [(1, A)], (8, 4))])
    layer, top = data_layer(annotated_data(path, 1))
    assert [batch[0].shape for batch in take(layer, top, 2)] == [(1, 3, 4, 6), (1, 3, 8, 4)]
    layer, top = data_layer(annotated_data(path, 2, "resize_param { height: 5 width: 7 }"))
    assert take(layer, top)[0][0].shape == (2, 3, 5, 7)
    layer, top = data_layer(annotated_data(path, 2))
    with pytest.raises(
        ConfigError, match=r"record b'00000001' of .*becomes \(3, 8, 4\).*resize_param"
    ):
        layer.forward([], top)


def test_it_says_where_an_item_came_from(data_layer, database):
    layer, top = data_layer(annotated_data(database))
    layer.forward([], top)
    assert layer.describe_item(1) == f"record b'00000001' of {database}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("batch_size: 2", "batch_size: 0"), "data_param.batch_size: must be 1 or more"),
        (("/db", "/none"), "data_param.source: .*none"),
        (("transform_param {", "transform_param { crop_size: 9"), "crop of height 9"),
        (
            (
                "annotated_data_param {",
                "annotated_data_param { batch_sampler { sampler { max_scale: 2 } }",
            ),
            "batch_sampler.0..sampler: needs 0 < min_scale",
        ),
        (
            ("annotated_data_param {", "annotated_data_param { yolo_data_type: 1"),
            "annotated_data_param.yolo_data_type: is MobileNet-YOLO's, and not supported",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_named(data_layer, database, change, message):
    text = annotated_data(database).replace(*change)
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(AnnotatedData\): (?!layer).*{message}"):
        data_layer(text)


def test_a_database_of_datums_is_told_apart(data_layer, write_images, rng):
    path = write_images([rng.integers(0, 256, (3, 4, 4), dtype=np.uint8)])
    with pytest.raises(ConfigError, match="record b'00000000' .*it is a Datum.* with a Data layer"):
        data_layer(annotated_data(path))


def cases():
    with np.load(GOLDEN / "data_layers.npz") as archive:
        return sorted({key.partition(":")[0] for key in archive.files})


@pytest.mark.parametrize("case", cases())
def test_batches_are_those_of_caffe(data_layer, read_archive, tmp_path, monkeypatch, case):
    """Resized images to a grey level: OpenCV's releases differ in that."""
    shutil.copytree(GOLDEN, tmp_path / "case")
    monkeypatch.chdir(tmp_path / "case")
    record = read_archive(GOLDEN / "data_layers.npz")
    (param,) = parse_net(str(record[f"{case}:prototxt"])).layer
    layer, top = data_layer(str(param).replace('name: "d"', ""), phase="TEST", dtype="float32")
    tolerance = 1 if case.startswith("image_data") else 1e-4
    for number in range(3):
        layer.forward([], top)
        for kind, blob in zip(("data", "label"), top, strict=True):
            wanted = record[f"{case}:{kind}{number}"]
            assert blob.shape == wanted.shape
            limit = tolerance if kind == "data" else 1e-5
            np.testing.assert_allclose(blob.data, wanted, rtol=1e-5, atol=limit)
