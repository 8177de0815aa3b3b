import cv2
import numpy as np
import pytest

from cortado.proto import ConfigError

H, W = 6, 8


@pytest.fixture
def folder(tmp_path):
    """Four images whose label maps are their blue values; list.txt."""
    rng = np.random.default_rng(5)
    for i in range(4):
        image = rng.integers(0, 256, (H, W, 3), dtype=np.uint8)
        image[:, :, 0] = 50 * i + np.arange(H * W).reshape(H, W)
        cv2.imwrite(str(tmp_path / f"{i}.png"), image)
        cv2.imwrite(str(tmp_path / f"{i}_label.png"), image[:, :, 0])
    lines = [f"{i}.png {i}_label.png\n" for i in range(4)]
    (tmp_path / "list.txt").write_text("".join(lines))
    return tmp_path


def dense(folder, more="", transform="", batch_size="batch_size: 2"):
    return (
        'type: "DenseImageData" top: "data" top: "label" dense_image_data_param { '
        f'source: "{folder}/list.txt" root_folder: "{folder}/" {batch_size} {more} }} '
        f"transform_param {{ {transform} }}"
    )


def test_images_come_with_their_label_maps(data_layer, folder):
    layer, (data, label) = data_layer(dense(folder))
    assert (data.shape, label.shape) == ((2, 3, H, W), (2, 1, H, W))
    for start in (0, 2, 0):
        layer.forward([], [data, label])
        np.testing.assert_array_equal(data.data[:, 0], label.data[:, 0])
        assert label.data[:, 0, 0, 0].tolist() == [50 * start, 50 * start + 50]


def test_both_are_cropped_and_mirrored_alike(data_layer, folder):
    layer, top = data_layer(dense(folder, transform="crop_size: 3 mirror: true"))
    seen = set()
    for _ in range(20):
        layer.forward([], top)
        data, label = (blob.data for blob in top)
        assert data.shape == (2, 3, 3, 3)
        np.testing.assert_array_equal(data[:, 0], label[:, 0])
        seen.update((int(map_[0, 0]) % 50, map_[0, 0] < map_[0, 1]) for map_ in label[:, 0])
    assert len({place for place, _ in seen}) > 8
    assert {turned for _, turned in seen} == {True, False}


def test_testing_crops_in_the_middle(data_layer, folder):
    layer, (data, label) = data_layer(dense(folder, transform="crop_size: 2"), phase="TEST")
    layer.forward([], [data, label])
    assert label.data[0, 0].ravel().tolist() == [2 * W + 3, 2 * W + 4, 3 * W + 3, 3 * W + 4]
    np.testing.assert_array_equal(data.data[:, 0], label.data[:, 0])


def test_mean_and_scale_are_the_images_alone(data_layer, folder):
    transform = "mean_value: 10 scale: 0.5"
    layer, (data, label) = data_layer(dense(folder, transform=transform))
    layer.forward([], [data, label])
    np.testing.assert_array_equal(data.data[:, 0], (label.data[:, 0] - 10) / 2)


def test_labels_are_resized_without_mixing_them(data_layer, folder):
    layer, (data, label) = data_layer(dense(folder, f"new_height: {2 * H} new_width: {2 * W}"))
    assert (data.shape, label.shape) == ((2, 3, 2 * H, 2 * W), (2, 1, 2 * H, 2 * W))
    layer.forward([], [data, label])
    twice = np.arange(H * W).reshape(H, W).repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(label.data[0, 0], twice)


def test_label_maps_may_be_smaller_than_images(data_layer, folder):
    layer, (data, label) = data_layer(dense(folder, "label_divide_factor: 2", "mirror: true"))
    assert (data.shape, label.shape) == ((2, 3, H, W), (2, 1, H // 2, W // 2))
    for _ in range(6):
        layer.forward([], [data, label])
        rising = label.data[:, 0, 0, 0] < label.data[:, 0, 0, 1]
        np.testing.assert_array_equal(rising, data.data[:, 0, 0, 0] < data.data[:, 0, 0, 1])


def test_a_batch_of_one_takes_the_size_of_each_image(data_layer, folder):
    for name in ("1", "1_label"):
        cv2.imwrite(str(folder / f"{name}.png"), np.full((3, 4), 7, np.uint8))
    layer, top = data_layer(dense(folder, batch_size="batch_size: 1"))
    shapes = []
    for _ in range(3):
        layer.forward([], top)
        shapes.append((top[0].shape, top[1].shape))
    assert shapes[0] == shapes[2] == ((1, 3, H, W), (1, 1, H, W))
    assert shapes[1] == ((1, 3, 3, 4), (1, 1, 3, 4))


def test_every_round_is_shuffled_anew_and_a_resumed_layer_goes_on(data_layer, folder):
    text = dense(folder, "shuffle: true rand_skip: 2", "crop_size: 2 mirror: true")
    layer, top = data_layer(text)
    for _ in range(3):
        layer.forward([], top)
    state, expected = layer.state(), []
    for _ in range(4):
        layer.forward([], top)
        expected.append([blob.data.copy() for blob in top])
    other, top = data_layer(text)
    other.restore(state)
    for images, maps in expected:
        other.forward([], top)
        np.testing.assert_array_equal(top[0].data, images)
        np.testing.assert_array_equal(top[1].data, maps)


def test_items_are_described_by_their_paths(data_layer, folder):
    layer, top = data_layer(dense(folder))
    layer.forward([], top)
    assert layer.describe_item(1) == f"image {folder}/1.png"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": ""}, "dense_image_data_param.batch_size: must be 1 or more"),
        ({"more": "new_height: 3"}, "new_height is 3 and new_width 0; set both, or neither"),
        ({"more": "mirror: true"}, "dense_image_data_param.mirror: has no effect in SegNet's"),
        ({"more": "crop_width: 3"}, "dense_image_data_param.crop_width: has no effect"),
        ({"more": 'mean_file: "m"'}, "dense_image_data_param.mean_file: has no effect"),
        ({"more": "label_divide_factor: 0"}, "label_divide_factor: 0 must be 1 or more"),
        (
            {"more": "label_divide_factor: 9"},
            r"0_label.png: an image of size \(6, 8\) has no place",
        ),
        (
            {"more": "label_divide_factor: 2", "transform": "crop_size: 2"},
            "label_divide_factor: 2 cannot stand beside transform_param.crop_size",
        ),
        ({"transform": "crop_size: 7"}, "0.png: transform_param.crop_size: 7 does not fit"),
    ],
)
def test_errors(data_layer, folder, options, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(DenseImageData\): .*{message}"):
        data_layer(dense(folder, **options))


def test_a_label_map_of_another_size_is_named(data_layer, folder):
    cv2.imwrite(str(folder / "2_label.png"), np.zeros((3, 4), np.uint8))
    layer, top = data_layer(dense(folder))
    layer.forward([], top)
    message = r"2_label.png: the label map has size \(3, 4\), the image .*2.png \(6, 8\)"
    with pytest.raises(ConfigError, match=message):
        layer.forward([], top)


def test_a_list_that_is_none_is_named(data_layer, folder):
    (folder / "list.txt").write_text("0.png\n")
    with pytest.raises(ConfigError, match=r"dense_image_data_param.source: .*list.txt:1: expected"):
        data_layer(dense(folder))
