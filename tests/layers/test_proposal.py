import numpy as np
import pytest

from cortado.proto import ConfigError

IMAGE = [[60, 80, 1]]


def proposal(more="ratio: 1 ratio: 2 scale: 1"):
    return (
        'type: "Proposal" proposal_param { feat_stride: 8 base_size: 16 min_size: 4 '
        f"nms_thresh: 0.5 {more} }}"
    )


def iou(a, b):
    width = max(min(a[2], b[2]) - max(a[0], b[0]) + 1, 0)
    height = max(min(a[3], b[3]) - max(a[1], b[1]) + 1, 0)
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (a, b)]
    return width * height / (sum(areas) - width * height)


def definition(scores, shifts, image, least=4, before=6000, after=300):
    """The proposals of one image, an anchor after the other: rows x1, y1, x2, y2, score."""
    anchors = [(0, 0, 15, 15), (2, -4, 13, 19)]  # 16 x 16; 11 x 22 rounded to 11 x 22
    anchors[1] = (7.5 - 5, 7.5 - 10.5, 7.5 + 5, 7.5 + 10.5)
    found = []
    for y in range(scores.shape[1]):
        for x in range(scores.shape[2]):
            for a, (x1, y1, x2, y2) in enumerate(anchors):
                w, h = x2 - x1 + 1, y2 - y1 + 1
                dx, dy, dw, dh = shifts[4 * a : 4 * a + 4, y, x]
                centre_x = x1 + 8 * x + w / 2 + dx * w
                centre_y = y1 + 8 * y + h / 2 + dy * h
                w, h = np.exp(dw) * w, np.exp(dh) * h
                box = [centre_x - w / 2, centre_y - h / 2, centre_x + w / 2, centre_y + h / 2]
                box = [min(max(value, 0), image[1 - i % 2] - 1) for i, value in enumerate(box)]
                big = [
                    box[2] - box[0] + 1 >= least * image[-1],
                    box[3] - box[1] + 1 >= least * image[2],
                ]
                if all(big):
                    found.append([*box, scores[2 + a, y, x]])
    found.sort(key=lambda row: -row[4])
    kept = []
    for row in found[:before]:
        if all(iou(row, other) <= 0.5 for other in kept):
            kept.append(row)
    return kept[:after]


def test_anchors_are_moved_cut_and_thinned_out(make_layer):
    layer, bottom, top = make_layer(
        proposal(),
        (1, 4, 5, 6),
        np.random.default_rng(3).normal(0, 0.4, (1, 8, 5, 6)),
        IMAGE,
        tops=2,
    )
    layer.forward(bottom, top)
    expected = np.array(definition(bottom[0].data[0], bottom[1].data[0], IMAGE[0]))
    assert 5 < len(expected) < 60
    assert top[0].shape == (len(expected), 5)
    assert top[1].shape == (len(expected),)
    assert not top[0].data[:, 0].any()
    np.testing.assert_allclose(top[0].data[:, 1:], expected[:, :4], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(top[1].data, expected[:, 4])


def test_counts_before_and_after_the_suppression(make_layer):
    more = "ratio: 1 ratio: 2 scale: 1 pre_nms_topn: 20 post_nms_topn: 4"
    layer, bottom, top = make_layer(proposal(more), (1, 4, 5, 6), np.zeros((1, 8, 5, 6)), IMAGE)
    layer.forward(bottom, top)
    expected = definition(bottom[0].data[0], bottom[1].data[0], IMAGE[0], before=20, after=4)
    np.testing.assert_allclose(top[0].data[:, 1:], np.array(expected)[:, :4])


@pytest.mark.parametrize("image", [[[60, 80, 5, 3]], [[60, 80, 4]]])
def test_the_least_size_grows_with_the_scale_of_the_image(make_layer, image):
    layer, bottom, top = make_layer(proposal(), (1, 4, 5, 6), (1, 8, 5, 6), image)
    layer.forward(bottom, top)
    expected = definition(bottom[0].data[0], bottom[1].data[0], image[0])
    everything = definition(bottom[0].data[0], bottom[1].data[0], image[0], least=0)
    assert 0 < len(expected) < len(everything)
    np.testing.assert_allclose(top[0].data[:, 1:], np.array(expected)[:, :4])


@pytest.mark.parametrize("image", [[[60, 80, 1], [30, 40, 1]], IMAGE])
def test_each_item_has_its_proposals(make_layer, image):
    layer, bottom, top = make_layer(proposal(), (2, 4, 5, 6), (2, 8, 5, 6), image)
    layer.forward(bottom, top)
    expected = []
    for n in range(2):
        rows = definition(bottom[0].data[n], bottom[1].data[n], image[n % len(image)])
        expected += [[n, *row[:4]] for row in rows]
    np.testing.assert_allclose(top[0].data, expected)


def test_before_the_first_forward_the_tops_are_as_large_as_they_may_get(make_layer):
    _, _, top = make_layer(proposal(), (2, 4, 5, 6), (2, 8, 5, 6), IMAGE, tops=2)
    assert [blob.shape for blob in top] == [(120, 5), (120,)]
    more = "ratio: 1 ratio: 2 scale: 1 post_nms_topn: 4"
    _, _, top = make_layer(proposal(more), (2, 4, 5, 6), (2, 8, 5, 6), IMAGE)
    assert top[0].shape == (8, 5)


def test_its_gradient_is_0_where_one_is_wanted(make_layer):
    layer, bottom, top = make_layer(proposal(), (1, 4, 5, 6), (1, 8, 5, 6), IMAGE)
    assert not any(layer.allows_force_backward(i) for i in range(3))
    layer.forward(bottom, top)
    bottom[0].diff[...] = 7
    layer.propagate_down = [True, False, False]
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()
    assert not bottom[1].has_diff


@pytest.mark.parametrize(
    ("prototxt", "shapes", "message"),
    [
        (proposal("scale: 1"), [(1, 4, 5, 6), (1, 8, 5, 6), (1, 3)], r"ratio: \[\] must be one"),
        (proposal("ratio: 1 scale: -1"), [(1, 2, 5, 6), (1, 4, 5, 6), (1, 3)], r"scale: \[-1.0\]"),
        (
            proposal("ratio: 1 scale: 1").replace("feat_stride: 8", "feat_stride: 0"),
            [(1, 2, 5, 6), (1, 4, 5, 6), (1, 3)],
            "proposal_param.feat_stride must be at least 1",
        ),
        (proposal(), [(1, 5, 5, 6), (1, 8, 5, 6), (1, 3)], r"must be scores \(N, 4, H, W\)"),
        (proposal(), [(1, 4, 5, 6), (1, 8, 5, 5), (1, 3)], r"must be shifts \(1, 8, 5, 6\)"),
        (proposal(), [(1, 4, 5, 6), (1, 8, 5, 6), (1, 2)], r"must be \(height, width, scale\)"),
        (proposal(), [(3, 4, 5, 6), (3, 8, 5, 6), (2, 3)], r"of each of 3 images, \(3, 3\), got"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, prototxt, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Proposal\): .*{message}"):
        make_layer(prototxt, *shapes)
