import cv2
import numpy as np
import pytest

from cortado.core import log
from cortado.proto import ConfigError


@pytest.fixture
def folder(tmp_path):
    """Five images of height 6 and width 8, whose grey value is 10 times the label; list.txt."""
    (tmp_path / "some images").mkdir()
    lines = []
    for i in range(5):
        cv2.imwrite(str(tmp_path / f"some images/{i}.png"), np.full((6, 8, 3), 10 * i, np.uint8))
        lines.append(f"some images/{i}.png {i}\n")
    (tmp_path / "list.txt").write_text("".join(lines))
    return tmp_path


def image_data(folder, more="", batch_size=2, transform=""):
    return (
        f'type: "ImageData" top: "data" top: "label" image_data_param {{ '
        f'source: "{folder}/list.txt" root_folder: "{folder}/" batch_size: {batch_size} {more} }} '
        f"transform_param {{ {transform} }}"
    )


def labels(layer, top, count):
    found = []
    for _ in range(count):
        layer.forward([], top)
        assert (top[0].data == 10 * top[1].data.reshape(-1, 1, 1, 1)).all()
        found += top[1].data.astype(int).tolist()
    return found


def test_images_come_in_the_order_of_the_list_over_and_over(data_layer, folder):
    layer, top = data_layer(image_data(folder))
    assert [t.shape for t in top] == [(2, 3, 6, 8), (2,)]
    assert labels(layer, top, 6) == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]


@pytest.mark.parametrize(
    ("more", "transform", "shape"),
    [
        ("is_color: false", "", (2, 1, 6, 8)),
        ("new_height: 9 new_width: 5", "", (2, 3, 9, 5)),
        ("new_height: 9 new_width: 5 is_color: false", "crop_size: 4", (2, 1, 4, 4)),
    ],
)
def test_images_are_read_resized_and_cropped(data_layer, folder, more, transform, shape):
    layer, top = data_layer(image_data(folder, more, transform=transform))
    assert top[0].shape == shape
    assert labels(layer, top, 1) == [0, 1]


def test_every_round_is_shuffled_anew(data_layer, folder):
    layer, top = data_layer(image_data(folder, "shuffle: true", 5))
    rounds = [labels(layer, top, 1) for _ in range(6)]
    assert all(sorted(each) == [0, 1, 2, 3, 4] for each in rounds)
    assert len(set(map(tuple, rounds))) > 3
    again, top = data_layer(image_data(folder, "shuffle: true", 5))
    assert [labels(again, top, 1) for _ in range(6)] == rounds


def test_rand_skip_leaves_out_the_start_of_the_first_round(data_layer, folder):
    layer, top = data_layer(image_data(folder, "rand_skip: 5", 1))
    found = labels(layer, top, 12)
    assert found == [(found[0] + i) % 5 for i in range(12)]
    starts = set()
    for seed in range(30):
        layer.restore({"seed": seed, "batches": 0})
        starts.update(labels(layer, top, 1))
    assert starts == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("more", ["shuffle: true", "shuffle: true rand_skip: 3"])
def test_a_restored_layer_goes_on_as_if_nothing_had_happened(data_layer, folder, more):
    text = image_data(folder, more, 3)
    layer, top = data_layer(text)
    labels(layer, top, 4)
    state = layer.state()
    expected = labels(layer, top, 7)
    other, top = data_layer(text)
    other.restore(state)
    assert labels(other, top, 7) == expected


def test_a_batch_of_one_takes_the_size_of_each_image(data_layer, folder):
    cv2.imwrite(str(folder / "some images/1.png"), np.full((3, 4, 3), 10, np.uint8))
    layer, top = data_layer(image_data(folder, batch_size=1))
    shapes = []
    for _ in range(3):
        labels(layer, top, 1)
        shapes.append(top[0].shape)
    assert shapes == [(1, 3, 6, 8), (1, 3, 3, 4), (1, 3, 6, 8)]


def test_items_are_described_by_their_paths(data_layer, folder):
    layer, top = data_layer(image_data(folder))
    labels(layer, top, 2)
    assert layer.describe_item(1) == f"image {folder}/some images/3.png"


def test_the_log_is_caffes(data_layer, folder, monkeypatch):
    lines = []
    monkeypatch.setattr(log, "info", lambda source, message: lines.append(message))
    data_layer(image_data(folder, "shuffle: true rand_skip: 1"))
    assert lines == [
        f"Opening file {folder}/list.txt",
        "Shuffling data",
        "A total of 5 images.",
        "Skipping first 0 data points.",
        "output data size: 2,3,6,8",
    ]


def test_an_image_that_is_missing_is_named_when_its_turn_comes(data_layer, folder):
    (folder / "some images/2.png").unlink()
    layer, top = data_layer(image_data(folder))
    assert labels(layer, top, 1) == [0, 1]
    with pytest.raises(ConfigError, match=r"'it' \(ImageData\): no such file: .*images/2\.png"):
        layer.forward([], top)


def test_an_image_that_does_not_decode_is_named(data_layer, folder):
    (folder / "some images/0.png").write_bytes(b"nonsense")
    with pytest.raises(ConfigError, match=r"\(ImageData\): .*0\.png: its 8 bytes are no image"):
        data_layer(image_data(folder))


def test_images_of_several_sizes_do_not_make_a_batch(data_layer, folder):
    cv2.imwrite(str(folder / "some images/1.png"), np.zeros((3, 4, 3), np.uint8))
    layer, top = data_layer(image_data(folder))
    with pytest.raises(ConfigError, match=r"images/1\.png: it becomes 3 x 3 x 4 .* 3 x 6 x 8"):
        layer.forward([], top)


@pytest.mark.parametrize(
    ("more", "batch_size", "message"),
    [
        ("new_height: 4", 2, "new_height is 4 and new_width 0; set both, or neither"),
        ("", 0, "image_data_param.batch_size: must be 1 or more"),
        ("rand_skip: 1000000", 2, "rand_skip: 1000000 may skip all 5 images of the list"),
    ],
)
def test_bad_parameters(data_layer, folder, more, batch_size, message):
    with pytest.raises(ConfigError, match=message) as error:
        data_layer(image_data(folder, more, batch_size))
    assert str(error.value).count("layer 'it' (") == 1


def test_a_missing_list_names_the_field(data_layer, tmp_path):
    with pytest.raises(ConfigError, match=r"image_data_param.source: no such file: .*list\.txt"):
        data_layer(image_data(tmp_path))
