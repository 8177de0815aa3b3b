import numpy as np
import pytest

from cortado.proto import ConfigError
from cortado.proto.caffe_pb2 import Datum

MEMORY = (
    'type: "MemoryData" top: "data" top: "label" '
    "memory_data_param { batch_size: 2 channels: 1 height: 2 width: 3 } "
)


@pytest.fixture
def arrays(rng):
    return rng.standard_normal((6, 1, 2, 3)), np.arange(6.0)


def datum(value, height=2):
    return Datum(channels=1, height=height, width=3, data=bytes([value] * height * 3), label=value)


def test_batches_follow_each_other_and_wrap_around(make_layer, arrays):
    layer, _, top = make_layer(MEMORY, tops=2)
    assert [t.shape for t in top] == [(2, 1, 2, 3), (2,)]
    layer.reset(*arrays)
    for first in (0, 2, 4, 0, 2):
        layer.forward([], top)
        np.testing.assert_array_equal(top[0].data, arrays[0][first : first + 2])
        assert top[1].data.tolist() == [first, first + 1]
        assert layer.describe_item(1) == f"item {first + 1} of the arrays"


def test_the_arrays_are_not_copied(make_layer, arrays):
    layer, _, top = make_layer(MEMORY, tops=2)
    data, labels = arrays
    layer.reset(data, labels.reshape(6, 1, 1, 1))
    data[0], labels[1] = 77, 55
    layer.forward([], top)
    assert (top[0].data[0] == 77).all()
    assert top[1].data.tolist() == [0, 55]


def test_reset_starts_at_the_first_item(make_layer, arrays):
    layer, _, top = make_layer(MEMORY, tops=2)
    layer.reset(*arrays)
    layer.forward([], top)
    layer.reset(*arrays)
    layer.forward([], top)
    assert top[1].data.tolist() == [0, 1]


def test_datums_are_transformed(make_layer):
    layer, _, top = make_layer(MEMORY + "transform_param { mean_value: 3 scale: 0.5 }", tops=2)
    layer.add_datums([datum(i) for i in (5, 7, 9, 11)])
    for expected in ([5, 7], [9, 11], [5, 7]):
        layer.forward([], top)
        assert top[0].data[:, 0, 0, 0].tolist() == [(x - 3) / 2 for x in expected]
        assert top[1].data.tolist() == expected


def test_datums_added_twice_are_mirrored_by_chance_each_time(make_layer):
    layer, _, top = make_layer(MEMORY + "transform_param { mirror: true }", tops=2)
    image = Datum(channels=1, height=2, width=3, data=b"abcdef")
    seen = set()
    for _ in range(10):
        layer.add_datums([image, image])
        layer.forward([], top)
        seen.update(chr(int(x[0, 0, 0])) for x in top[0].data)
    assert seen == {"a", "c"}


def test_forward_needs_data(make_layer):
    layer, _, top = make_layer(MEMORY, tops=2)
    with pytest.raises(ConfigError, match="has no data yet: call set_input_arrays"):
        layer.forward([], top)


@pytest.mark.parametrize(
    ("data", "labels", "message"),
    [
        ((6, 1, 3, 2), (6,), r"data has shape \(6, 1, 3, 2\); it must be \(count, 1, 2, 3\)"),
        ((6, 6), (6,), r"data has shape \(6, 6\)"),
        ((6, 1, 2, 3), (4,), r"labels have shape \(4,\); one is needed for each of 6 items"),
        ((6, 1, 2, 3), (6, 2), r"labels have shape \(6, 2\)"),
        ((3, 1, 2, 3), (3,), r"3 items are no multiple of batch_size \(2\)"),
        ((0, 1, 2, 3), (0,), r"0 items are no multiple"),
    ],
)
def test_arrays_that_do_not_fit(make_layer, data, labels, message):
    layer, _, _ = make_layer(MEMORY, tops=2)
    with pytest.raises(ConfigError, match=message):
        layer.reset(np.zeros(data), np.zeros(labels))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (datum(1, height=3), r"Datum 1 becomes \(1, 3, 3\); it must be \(1, 2, 3\)"),
        (Datum(channels=1, height=2, width=3, data=b"12"), "Datum 1: its Datum holds 2 values"),
    ],
)
def test_datums_that_do_not_fit(make_layer, bad, message):
    layer, _, _ = make_layer(MEMORY, tops=2)
    with pytest.raises(ConfigError, match=message):
        layer.add_datums([datum(1), bad])


def test_every_size_must_be_given(make_layer):
    with pytest.raises(ConfigError, match="must be 1 or more, got 2, 1, 2, 0"):
        make_layer(MEMORY.replace("width: 3", ""), tops=2)


def test_bad_transforms_name_the_layer(make_layer):
    with pytest.raises(ConfigError, match=r"\(MemoryData\): transform_param: set force_color or"):
        make_layer(MEMORY + "transform_param { force_color: true force_gray: true }", tops=2)
