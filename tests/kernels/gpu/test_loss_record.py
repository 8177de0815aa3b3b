import numpy as np
import pytest

from cortado.kernels.gpu import Context
from cortado.kernels.gpu.loss_record import LossRecord


@pytest.fixture
def context(gpu):
    return Context(gpu)


def record(context, tops, slot, adds=False):
    """The ring, which held [1, 2, 3, 4]."""
    ring = context.constants(np.array([1, 2, 3, 4], np.float32))
    place = context.changing.add("int32", lambda: slot)
    on_gpu = [(context.constants(np.asarray(top, np.float32)), weight) for top, weight in tops]
    calls = LossRecord(context, ring, place).bind(on_gpu, adds)
    context.changing.send()
    for call in calls:
        call()
    host = np.empty(4, np.float32)
    context.gpu.download(ring, host)
    return host.tolist()


def test_the_loss_is_the_sum_of_the_tops_times_their_weights(context):
    tops = [([[2.5]], 2), (np.ones((3, 300)), 0.5)]
    assert record(context, tops, 2) == [1, 2, 455, 4]


def test_the_loss_of_further_batches_is_added(context):
    assert record(context, [([1.5], 1), ([2], -1)], 3, adds=True) == [1, 2, 3, 3.5]


def test_without_tops_the_loss_is_0(context):
    assert record(context, [], 0) == [0, 2, 3, 4]
    assert record(context, [], 0, adds=True) == [1, 2, 3, 4]
