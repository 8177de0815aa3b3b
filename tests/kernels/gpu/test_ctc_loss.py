import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

from cortado.kernels.gpu import Wants
from cortado.proto import ConfigError

T, N, C = 7, 4, 5
EXACT = {"rtol": 1e-5, "atol": 1e-6}


def ctc_loss(fields="", kind="CTCLoss"):
    return f'type: "{kind}" ctc_loss_param {{ {fields} }}'


# Of the sequences one has no labels, one more than there is time for.
LABELS = [[1, 2], [], [3, 3, 1], [2, 1, 2, 1, 2, 1]]
LENGTHS = [7, 4, 6, 5]


def columns(labels=LABELS, length=8):
    """(L, N), ended by -1."""
    return np.array([[*row, *[-1] * (length - len(row))] for row in labels], float).T


def cont(lengths=LENGTHS, steps=T):
    return np.array([[t > 0 and t != n for n in lengths] for t in range(steps)], float)


def scores(steps=T, count=N, classes=C, seed=1):
    return np.random.default_rng(seed).standard_normal((steps, count, classes)) * 3


FIELDS = [
    "blank_index: 0",
    "",
    "blank_index: 0 ctc_merge_repeated: false",
    "blank_index: 0 output_delay: 2",
    "blank_index: 0 output_delay: 6",
    "blank_index: 0 preprocess_collapse_repeated: true",
]


@pytest.mark.parametrize("fields", FIELDS)
def test_cont_ends_sequences(gpu, fields):
    check_parity(gpu, ctc_loss(fields), scores(), cont(), columns(), **EXACT)


@pytest.mark.parametrize("fields", FIELDS)
def test_lengths_of_steps_and_labels(gpu, fields):
    labels = np.random.default_rng(2).choice([1, 2, 3], (4, N))
    labels[2, 1] = -1
    bottoms = [7, 0, 6, 3.9], [2, 4, 0, 3], labels
    check_parity(gpu, ctc_loss(fields), scores(), *bottoms, **EXACT)


@pytest.mark.parametrize("fields", [*FIELDS, "blank_label: 2 time_step: 5"])
@pytest.mark.parametrize("kind", ["CTCLoss", "CtcLoss", "WarpCTC", "WarpCtcLoss"])
def test_blanks_are_skipped(gpu, kind, fields):
    labels = np.array([[0, 1, 0, 1, 1], [2, 2, 0, 2, 3], [4, -1, 9, 9, 9], [0, 0, 0, 0, 0]])
    check_parity(gpu, ctc_loss(fields, kind), scores(), labels, **EXACT)


@pytest.mark.parametrize("shape", [(T, N, C), (T, N, C, 1), (T, N, C, 1, 1)])
def test_axes_of_one(gpu, shape):
    check_parity(gpu, ctc_loss("blank_index: 0"), shape, cont()[..., None], columns()[..., None])


def test_what_rounds_to_0_ends_a_sequence(gpu):
    steps = np.full((T, N), 0.5)
    steps[0] = 0
    steps[3:] = [0.49, -1.49, -1.5, 2]
    check_parity(gpu, ctc_loss("blank_index: 0"), scores(), steps, columns([[1]] * N), **EXACT)


@pytest.mark.parametrize("classes", [3, 300])
def test_many_steps_and_labels(gpu, classes):
    rng = np.random.default_rng(3)
    labels = rng.integers(1, classes, (2, 30))
    bottoms = scores(200, 2, classes), labels
    check_parity(gpu, ctc_loss("blank_index: 0"), *bottoms)


def test_more_labels_than_shared_memory_has_room_for(gpu):
    labels = np.random.default_rng(3).integers(1, 4, (1, 600))
    check_parity(gpu, ctc_loss("blank_index: 0 ctc_merge_repeated: false"), (610, 1, 4), labels)


@pytest.mark.parametrize(
    "bottoms",
    [
        ((T, 0, C), (T, 0), (8, 0)),
        ((T, 0, C), (0, 3)),
        ((T, N, C), (N, 0)),
        ((T, N, C), cont(), (0, N)),
        ((T, N, C), np.zeros((T, N)), columns()),
        ((1, N, C), np.zeros((1, N)), columns()),
        ((T, N, C), np.zeros(N), np.zeros(N), columns()),
    ],
)
def test_hardly_anything(gpu, bottoms):
    check_parity(gpu, ctc_loss("blank_index: 0"), *bottoms)


def test_without_a_gradient(gpu):
    check_parity(gpu, ctc_loss("blank_index: 0"), scores(), cont(), columns(), no_gradient=[0])


@pytest.mark.parametrize("score", [np.nan, np.inf, -np.inf, 1000, -1000])
def test_scores_that_are_hardly_numbers(gpu, score):
    x = scores()
    x[2, ::2, 1] = score
    x[4, 3] = score
    labels = np.array([[1, 2], [0, 0], [3, 3], [1, 2]])
    check_parity(gpu, ctc_loss("", "WarpCTC"), x, labels)


def test_nothing_of_another_batch_is_left(gpu):
    prototxt = ctc_loss("blank_index: 0")
    bottoms = scores(), cont(), columns()
    others = scores(seed=2), cont([3, 7, 1, 6]), columns([[1], [4, 4], [], [1, 2, 3]])
    tried, fresh = run(gpu, prototxt, *bottoms), run(gpu, prototxt, *others)
    for blob, array in zip(tried.bottom, others, strict=True):
        blob.data[...] = array
    step(gpu, tried)
    assert tried.top[0].data == fresh.top[0].data
    np.testing.assert_array_equal(tried.bottom[0].diff, fresh.bottom[0].diff)


@pytest.mark.parametrize(
    ("bottoms", "message"),
    [
        ([cont(), columns([[1], [1, 5], [9], []])], "label 5 of sequence 1 in bottom"),
        ([cont(), columns([[1], [1, np.nan], [], []])], "label nan of sequence 1 in bottom"),
        ([cont(), columns([[1], [], [], [1, np.inf]])], "label inf of sequence 3 in bottom"),
        ([cont(), columns([[1], [], [0], [1]])], "label 0 of sequence 2 in bottom.* is the blank"),
        ([np.array([[1, 0], [9, -1], [2, 7], [1, 1]])], "label 9 of sequence 1 in bottom"),
        ([[1, 8, 2, 3], [1, 1, 9, 1], columns()], r"number 1 of bottom\[1\], the length of a"),
        ([[1, -1, 2, 3], [1, 1, 1, 1], columns()], r"number 1 of bottom\[1\], the length of a"),
        ([[1, 7, 2, 3], [1, 1, np.nan, 1], columns()], r"number 2 of bottom\[2\], the length of"),
        ([[1, 7, 2, 3], [1, 1, np.inf, 1], columns()], r"number 2 of bottom\[2\], the length of"),
    ],
)
def test_what_cannot_be_is_told_as_on_the_host(gpu, bottoms, message):
    tried = run(gpu, ctc_loss("blank_index: 0"), (T, N, C), *bottoms)
    faults = tried.kernel._context.faults
    with pytest.raises(ConfigError, match=message) as on_gpu:
        faults.check()
    faults.check()
    with pytest.raises(ConfigError) as on_host:
        tried.layer.forward(tried.bottom, tried.top)
    assert str(on_gpu.value) == str(on_host.value)
    assert on_gpu.value.item == on_host.value.item


def test_the_fault_of_a_batch_that_is_gone(gpu):
    tried = run(gpu, ctc_loss("blank_index: 0"), (T, N, C), cont(), columns([[9], [1], [1], [1]]))
    tried.bottom[2].data[...] = columns()
    with pytest.raises(ConfigError, match="in a batch since the loss was last read had a label"):
        tried.kernel._context.faults.check()


def run(gpu, prototxt, *bottoms):
    tried = gpu_layer(gpu, prototxt, *bottoms)
    tried.top[0].diff[...] = 0.5
    step(gpu, tried)
    return tried


def step(gpu, tried):
    kernel, wants = tried.kernel, Wants(tried.layer.propagate_down)
    gpu.residence.begin()
    for call in kernel.bind_forward(tried.bottom, tried.top):
        call()
    for call in kernel.bind_backward(tried.top, tried.bottom, wants):
        call()
    gpu.residence.end()
