import numpy as np

from cortado.layers.families.anchors import anchors_everywhere, base_anchors


def test_anchors_of_faster_rcnn():
    expected = [
        [-84, -40, 99, 55],
        [-176, -88, 191, 103],
        [-360, -184, 375, 199],
        [-56, -56, 71, 71],
        [-120, -120, 135, 135],
        [-248, -248, 263, 263],
        [-36, -80, 51, 95],
        [-80, -168, 95, 183],
        [-168, -344, 183, 359],
    ]
    assert base_anchors(16, (0.5, 1, 2), (8, 16, 32)).tolist() == expected


def test_they_stand_at_every_place_by_row_column_anchor():
    anchors = np.array([[0, 0, 1, 1], [0, 0, 3, 3]])
    expected = [
        [x * 8 + a, y * 8 + b, x * 8 + c, y * 8 + d]
        for y in range(2)
        for x in range(3)
        for a, b, c, d in anchors
    ]
    assert anchors_everywhere(anchors, 2, 3, 8).tolist() == expected
