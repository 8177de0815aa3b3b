import numpy as np
import pytest

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


def test_suppression_keeps_what_overlaps_no_better_box(boxes):
    overlaps = pixel_boxes.overlaps(boxes, boxes)
    expected = []
    for i in range(len(boxes)):
        if all(overlaps[i, j] <= 0.2 for j in expected):
            expected.append(i)
    assert pixel_boxes.suppress(boxes, 0.2, 99) == expected
    assert pixel_boxes.suppress(boxes, 0.2, 2) == expected[:2]
    assert pixel_boxes.suppress(boxes[:0], 0.2, 2) == []


def test_an_overlap_equal_to_the_threshold_stays():
    boxes = np.array([[0.0, 0, 9, 9], [0, 0, 9, 4]])
    assert pixel_boxes.suppress(boxes, 0.5, 9) == [0, 1]
    assert pixel_boxes.suppress(boxes, 0.49, 9) == [0]
