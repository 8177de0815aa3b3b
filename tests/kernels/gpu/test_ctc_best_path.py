import numpy as np
import pytest
from gpu_parity import check_parity, gpu_kernel

T, N, C, L = 9, 4, 4, 5
RNG = np.random.default_rng(4)


def decoder(fields="", kind="CTCGreedyDecoder", more=""):
    return f'type: "{kind}" ctc_decoder_param {{ {fields} }} {more}'


def scores(steps=T, count=N, classes=C):
    """Quarters, so that there are ties; blanks and repetitions are frequent."""
    drawn = RNG.integers(-2, 3, (steps, count, classes)) / 4
    drawn[..., -1] += RNG.integers(0, 2, (steps, count)) / 4
    drawn[1::2] = drawn[: steps // 2 * 2 : 2] * RNG.choice([1, 1, 2, -1], (steps // 2, count, 1))
    return drawn


def cont(lengths, steps=T):
    return np.array([[t > 0 and t != n for n in lengths] for t in range(steps)], float)


def truth(most=L, count=N, classes=C):
    """What ends a sequence is -1, or any other negative number, or nothing at all."""
    drawn = RNG.integers(0, classes, (most, count)) + RNG.choice([0, 0.45, 0.55], (most, count))
    drawn[most // 2, 1::3] = -0.2
    drawn[:1, 2::3] = -1
    return drawn


FIELDS = ["", "blank_index: 0", "ctc_merge_repeated: false", "blank_index: 1"]


@pytest.mark.parametrize("tops", [1, 2])
@pytest.mark.parametrize("fields", FIELDS)
def test_best_classes_of_all_steps(gpu, fields, tops):
    check_parity(gpu, decoder(fields), scores(), tops=tops, backward=False)


@pytest.mark.parametrize("tops", [1, 2])
@pytest.mark.parametrize("fields", FIELDS)
def test_cont_ends_a_sequence(gpu, fields, tops):
    bottoms = scores(), cont([9, 1, 6, 4])
    check_parity(gpu, decoder(fields), *bottoms, tops=tops, backward=False)


@pytest.mark.parametrize("tops", [1, 2, 3])
@pytest.mark.parametrize("fields", FIELDS)
def test_accuracy(gpu, fields, tops):
    bottoms = scores(), cont([9, 1, 6, 4]), truth()
    check_parity(gpu, decoder(fields), *bottoms, tops=tops, backward=False)


@pytest.mark.parametrize(("steps", "most"), [(40, 3), (7, 60), (30, 30)])
def test_edit_distances(gpu, steps, most):
    bottoms = scores(steps, 7), np.ones((steps, 7)), truth(most, 7)
    prototxt = decoder("ctc_merge_repeated: false")
    check_parity(gpu, prototxt, *bottoms, tops=3, backward=False, rtol=1e-6)


@pytest.mark.parametrize("kind", ["CTCDecoder", "CtcDecoder"])
def test_a_decoder_that_takes_the_best_path(gpu, kind):
    prototxt = decoder("blank_index: 0", kind, "ctc_param { decode_type: best_path }")
    check_parity(gpu, prototxt, scores(), cont([9, 1, 6, 4]), truth(), tops=3, backward=False)


@pytest.mark.parametrize("classes", [1, 40, 2100])
def test_many_steps_and_classes(gpu, classes):
    bottoms = scores(600 if classes < 2000 else 3, 2, classes)
    check_parity(gpu, decoder("blank_index: 0"), bottoms, tops=2, backward=False)


def test_what_is_no_number_is_best(gpu):
    x = scores(classes=70)
    x[2, 0, 65] = x[4, 0, 1] = x[4, 0, 69] = np.nan
    x[2, 1, [3, 68]] = x[2, 0, 64] = np.inf
    x[3] = -np.inf
    x[5] = [-0.0, 0] * 35
    check_parity(gpu, decoder("blank_index: 30"), x, tops=2, backward=False)


def test_cont_that_is_no_number_or_nearly_half(gpu):
    steps = np.full((T, N), np.nan)
    steps[3] = [0.5, 0.49, -7, np.inf]
    check_parity(gpu, decoder(), scores(), steps, tops=2, backward=False)


@pytest.mark.parametrize("shape", [(T, N, C, 1), (T, N, C, 1, 1)])
def test_axes_of_one(gpu, shape):
    bottoms = shape, cont([9, 1, 6, 4])[..., None], truth()[..., None]
    check_parity(gpu, decoder(), *bottoms, tops=3, backward=False)


@pytest.mark.parametrize("shapes", [[(0, N, C)], [(T, 0, C), (T, 0), (L, 0)]])
def test_hardly_anything(gpu, shapes):
    check_parity(gpu, decoder(), *shapes, tops=2, backward=False)


def test_no_truth_at_all(gpu):
    check_parity(gpu, decoder(), scores(), np.ones((T, N)), (0, N), tops=3, backward=False)


@pytest.mark.parametrize("kind", ["CTCBeamSearchDecoder", "CTCDecoder"])
def test_a_search_has_no_kernel(gpu, kind):
    with pytest.raises(AssertionError, match="no GPU kernel"):
        gpu_kernel(gpu, decoder("", kind), (T, N, C))
