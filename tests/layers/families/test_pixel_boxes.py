import numpy as np
import pytest

from cortado.kernels import choice
from cortado.layers.families import pixel_boxes


@pytest.fixture
def boxes(rng):
    corners = rng.integers(0, 30, (8, 2, 2))
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1).astype(float)


def pixels(box):
    x1, y1, x2, y2 = map(int, box)
    return {(x, y) for x in range(x1, x2 + 1) for y in range(y1, y2 + 1)}


def test_overlap_is_intersection_over_union_of_pixels(boxes):
    found = pixel_boxes.overlaps(boxes, boxes[::-1])
    for (i, j), overlap in np.ndenumerate(found):
        one, other = pixels(boxes[i]), pixels(boxes[::-1][j])
        assert overlap == pytest.approx(len(one & other) / len(one | other))


def test_decode_undoes_encode_but_for_the_last_pixel(boxes):
    deltas = pixel_boxes.encode(boxes, boxes[::-1])
    expected = boxes[::-1] + [0, 0, 1, 1]
    np.testing.assert_allclose(pixel_boxes.decode(boxes, deltas), expected, atol=1e-9)


def test_encoding_by_hand():
    deltas = pixel_boxes.encode(np.array([[0.0, 0, 9, 9]]), np.array([[5.0, 0, 14, 19]]))
    np.testing.assert_allclose(deltas, [[0.5, 0.5, 0, np.log(2)]])


def test_boxes_are_cut_at_the_image():
    found = pixel_boxes.clip(np.array([[-3.0, 2, 30, 40]]), height=20, width=25)
    assert found.tolist() == [[0, 2, 24, 19]]


@pytest.fixture(params=["numpy", "numba"])
def library(request):
    if request.param == "numba":
        pytest.importorskip("numba")
    with choice.only(request.param):
        yield


def test_suppression_keeps_what_overlaps_no_better_box(boxes, library):
    overlaps = pixel_boxes.overlaps(boxes, boxes)
    expected = []
    for i in range(len(boxes)):
        if all(overlaps[i, j] <= 0.2 for j in expected):
            expected.append(i)
    assert pixel_boxes.suppress(boxes, 0.2, 99).tolist() == expected
    assert pixel_boxes.suppress(boxes, 0.2, 2).tolist() == expected[:2]
    assert pixel_boxes.suppress(boxes[:0], 0.2, 2).tolist() == []


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_overlap_equal_to_the_threshold_stays(library, dtype):
    boxes = np.array([[0, 0, 9, 9], [0, 0, 9, 4]], dtype)
    assert pixel_boxes.suppress(boxes, 0.5, 9).tolist() == [0, 1]
    assert pixel_boxes.suppress(boxes, 0.49, 9).tolist() == [0]


def test_suppression_of_many_boxes_is_the_same_in_every_library():
    pytest.importorskip("numba")
    corners = np.random.default_rng(2).uniform(0, 300, (500, 2, 2)).astype("float32")
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    found = []
    for name in ("numpy", "numba"):
        with choice.only(name):
            found.append(pixel_boxes.suppress(boxes, 0.5, 400).tolist())
    assert found[0] == found[1]
    assert 20 < len(found[0]) < 400
