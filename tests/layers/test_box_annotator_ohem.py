import numpy as np
import pytest

from cortado.proto import ConfigError

REGIONS = np.array([[0, 1, 1, 5, 5]] * 3 + [[1, 1, 1, 5, 5]] * 4)
LOSSES = [0.1, 3, 2, 5, 5, 0.2, 5]
LABELS = [1, 2, 0, 3, 0, 1, 4]


def annotator(kept, more=""):
    return f'type: "BoxAnnotatorOHEM" box_annotator_ohem_param {{ roi_per_img: {kept} {more} }}'


@pytest.mark.parametrize(
    ("kept", "labels"),
    [
        (1, [-1, 2, -1, 3, -1, -1, -1]),
        (2, [-1, 2, 0, 3, 0, -1, -1]),
        (9, LABELS),
    ],
)
def test_the_regions_with_most_loss_of_each_image_are_kept(make_layer, kept, labels):
    layer, bottom, top = make_layer(annotator(kept), REGIONS, LOSSES, LABELS, (7, 8), tops=2)
    layer.forward(bottom, top)
    assert [blob.shape for blob in top] == [(7, 1, 1, 1), (7, 8, 1, 1)]
    assert top[0].data.ravel().tolist() == labels
    weights = np.where(np.array(labels)[:, None] == -1, 0, bottom[3].data)
    assert top[1].data.reshape(7, 8).tolist() == weights.tolist()


def test_the_others_get_the_ignored_label(make_layer):
    layer, bottom, top = make_layer(
        annotator(1, "ignore_label: 255"), REGIONS, LOSSES, LABELS, (7, 4), tops=2
    )
    layer.forward(bottom, top)
    assert top[0].data.ravel().tolist() == [255, 2, 255, 3, 255, 255, 255]


def test_bottoms_may_have_further_axes_of_size_1(make_layer):
    layer, bottom, top = make_layer(
        annotator(9),
        REGIONS[:, :, None, None],
        np.reshape(LOSSES, (7, 1, 1, 1)),
        np.reshape(LABELS, (7, 1, 1, 1)),
        (7, 4, 1, 1),
        tops=2,
    )
    layer.forward(bottom, top)
    assert top[0].data.ravel().tolist() == LABELS


def test_it_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(annotator(1), REGIONS, LOSSES, LABELS, (7, 4), tops=2)
    layer.propagate_down = [False] * 4
    layer.backward(top, bottom)
    layer.propagate_down = [False, True, False, False]
    with pytest.raises(ConfigError, match="propagate_down: false once for each of its 4 bottoms"):
        layer.backward(top, bottom)


@pytest.mark.parametrize(
    ("prototxt", "shapes", "message"),
    [
        (annotator(0), [(7, 5), (7,), (7,), (7, 4)], "roi_per_img is required"),
        (annotator(1), [(7, 4), (7,), (7,), (7, 4)], r"bottom\[0\] must be regions .*\(7, 4\)"),
        (
            annotator(1),
            [(7, 5), (6,), (7,), (7, 4)],
            r"bottom\[1\] must be losses \(R\), R being 7",
        ),
        (annotator(1), [(7, 5), (7,), (7, 2), (7, 4)], r"bottom\[2\] must be labels .*\(7, 2\)"),
        (annotator(1), [(7, 5), (7,), (7,), (6, 4)], r"bottom\[3\] must be weights .*\(6, 4\)"),
        (annotator(1), [(7, 5), (7,), (7,), (7,)], r"bottom\[3\] must be weights .*\(7,\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, prototxt, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(BoxAnnotatorOHEM\): .*{message}"):
        make_layer(prototxt, *shapes, tops=2)
