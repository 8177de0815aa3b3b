import cv2
import numpy as np
import pytest

from cortado.proto import ConfigError


@pytest.fixture
def folder(tmp_path):
    """Two images and their edge maps; list.txt."""
    values = np.array([[0, 127, 128], [255, 1, 200]], np.uint8)
    for i in range(2):
        cv2.imwrite(str(tmp_path / f"{i}.png"), np.stack([values + i] * 3, axis=2))
        cv2.imwrite(str(tmp_path / f"{i}_edges.png"), values)
    (tmp_path / "list.txt").write_text("0.png 0_edges.png\n1.png 1_edges.png\n")
    return tmp_path


def label_map(folder, more="", transform=""):
    return (
        'type: "ImageLabelmapData" top: "data" top: "label" image_data_param { '
        f'source: "{folder}/list.txt" root_folder: "{folder}/" {more} }} '
        f"transform_param {{ {transform} }}"
    )


def test_edges_are_what_is_above_127(data_layer, folder):
    layer, (data, label) = data_layer(label_map(folder, "batch_size: 2"))
    assert (data.shape, label.shape) == ((2, 3, 2, 3), (2, 1, 2, 3))
    layer.forward([], [data, label])
    assert label.data[0, 0].tolist() == label.data[1, 0].tolist() == [[0, 0, 1], [1, 0, 1]]


def test_the_batch_is_1_by_default_and_images_may_be_grey(data_layer, folder):
    layer, (data, label) = data_layer(label_map(folder, "is_color: false"))
    layer.forward([], [data, label])
    assert (data.shape, label.shape) == ((1, 1, 2, 3), (1, 1, 2, 3))


def test_both_are_mirrored_alike(data_layer, folder):
    layer, (data, label) = data_layer(label_map(folder, transform="mirror: true mean_value: 1"))
    turned = set()
    for _ in range(20):
        layer.forward([], [data, label])
        first = bool(label.data[0, 0, 0, 0])
        assert first == bool(data.data[0, 0, 0, 0] > 100)
        turned.add(first)
    assert turned == {True, False}


def test_edge_maps_are_resized_as_images_are(data_layer, folder):
    layer, (data, label) = data_layer(label_map(folder, "new_height: 4 new_width: 6"))
    layer.forward([], [data, label])
    image = cv2.resize(cv2.imread(str(folder / "0_edges.png"), 0), (6, 4))
    np.testing.assert_array_equal(label.data[0, 0], image > 127)


def test_errors(data_layer, folder):
    message = r"layer 'it' \(ImageLabelmapData\): image_data_param.batch_size: must be 1 or more"
    with pytest.raises(ConfigError, match=message):
        data_layer(label_map(folder, "batch_size: 0"))
    (folder / "0_edges.png").unlink()
    with pytest.raises(ConfigError, match=r"no such file: .*0_edges.png"):
        data_layer(label_map(folder))
