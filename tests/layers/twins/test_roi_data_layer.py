import cv2
import numpy as np
import pytest

from cortado.proto import ConfigError

WINDOWS = """\
# 0
{0}/a.png
3
20
30
3
2 1.0 3 4 10 12
1 0.6 0 0 5 5
1 1 0 0 29 19
# 1
{0}/b.png
3
40
20
1
3 1 5 6 15 16
# 2
{0}/c.png
3
20
20
1
0 1 5 6 15 16
"""


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(3)
    for name, size in (("a", (20, 30)), ("b", (40, 20)), ("c", (20, 20))):
        image = rng.integers(0, 256, (*size, 3)).astype("uint8")
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
    (tmp_path / "windows.txt").write_text(WINDOWS.format(tmp_path))
    return tmp_path


def twin(folder, more="scale: 10", num_classes=4):
    options = f"'num_classes': {num_classes}\\n'source': '{folder}/windows.txt'\\n{more}"
    return (
        'type: "Python" python_param { module: "roi_data_layer.layer" layer: "RoIDataLayer" '
        f'param_str: "{options}" }}'
    )


def batches(make_layer, prototxt, count):
    layer, bottom, top = make_layer(prototxt, tops=3)
    for _ in range(count):
        layer.forward(bottom, top)
        yield [blob.data.copy() for blob in top]


def test_images_come_scaled_with_their_true_boxes(make_layer, folder):
    more = "scale: 10\\nuse_flipped: false\\npixel_means: (1, 2, 3)"
    found = {}
    for data, info, boxes in batches(make_layer, twin(folder, more), 4):
        assert info.tolist() == [[*data.shape[2:], 0.5]]
        found.setdefault(data.shape, []).append((data, boxes.tolist()))
    assert sorted(found) == [(1, 3, 10, 15), (1, 3, 20, 10)]  # c has only background
    for shape, boxes in (
        ((1, 3, 10, 15), [[1.5, 2, 5, 6, 2], [0, 0, 14.5, 9.5, 1]]),
        ((1, 3, 20, 10), [[2.5, 3, 7.5, 8, 3]]),
    ):
        assert len(found[shape]) == 2
        assert found[shape][0][1] == boxes
    image = cv2.imread(str(folder / "a.png")).astype("float32") - [1, 2, 3]
    image = cv2.resize(image, None, fx=0.5, fy=0.5).transpose(2, 0, 1)
    np.testing.assert_allclose(found[1, 3, 10, 15][0][0][0], image, rtol=1e-6)


def test_each_image_comes_both_ways_in_a_round(make_layer, folder):
    means = "scale: 20\\npixel_means: (0, 0, 0)"
    wide = [b for b in batches(make_layer, twin(folder, means), 4) if b[0].shape[3] == 30]
    (one, _, boxes), (other, _, mirrored) = wide
    np.testing.assert_array_equal(one, other[:, :, :, ::-1])
    expected = boxes.copy()
    expected[:, [0, 2]] = 29 - boxes[:, [2, 0]]
    assert mirrored.tolist() == expected.tolist()


def test_the_long_side_has_a_limit(make_layer, folder):
    ((data, info, _),) = batches(
        make_layer, twin(folder, "scale: 40\\nmax_size: 30\\nuse_flipped: false"), 1
    )
    assert max(data.shape[2:]) == 30
    assert info[0, 2] in (1, 0.75)


def test_a_resumed_run_goes_on_with_the_next_image(make_layer, folder):
    layer, bottom, top = make_layer(twin(folder), tops=3)
    for _ in range(3):
        layer.forward(bottom, top)
    state = layer.state()
    layer.forward(bottom, top)
    other, its, next_top = make_layer(twin(folder), tops=3, seed=2)
    other.restore(state)
    other.forward(its, next_top)
    np.testing.assert_array_equal(top[0].data, next_top[0].data)


@pytest.mark.parametrize(
    ("more", "num_classes", "message"),
    [
        ("", 3, r"b.png has a box of class 3; num_classes 3 allows 1 to 2"),
        ("scale: big", 4, "param_str: scale must be a number, found big"),
        ("root_folder: 'nowhere/'", 4, r"nowhere/.*a.png|nowhere/.*b.png"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, folder, more, num_classes, message):
    prototxt = twin(folder, more, num_classes)
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Python\): .*{message}"):
        list(batches(make_layer, prototxt, 1))


def test_a_source_is_required(make_layer, folder):
    prototxt = twin(folder).replace(f"'source': '{folder}/windows.txt'", "")
    with pytest.raises(ConfigError, match="param_str: source is required"):
        make_layer(prototxt, tops=3)


def test_a_file_without_true_boxes_is_named(make_layer, folder):
    (folder / "windows.txt").write_text(WINDOWS[WINDOWS.index("# 2") :].format(folder))
    with pytest.raises(ConfigError, match="windows.txt: no image has a window with overlap 1"):
        make_layer(twin(folder), tops=3)


def test_the_number_of_blobs_is_checked(make_layer, folder):
    with pytest.raises(ConfigError, match="takes no bottoms and gives 3 tops .* got 0 and 2"):
        make_layer(twin(folder), tops=2)


def test_before_the_first_image_there_is_room_for_one(make_layer, folder):
    _, _, top = make_layer(twin(folder), tops=3)
    assert [blob.shape for blob in top] == [(1, 3, 10, 1000), (1, 3), (1, 5)]
