import time
from itertools import count

import numpy as np
import pytest
from gpu_parity import ON_DEVICE, open_test_gpu, why_no_gpu

from cortado.data.prefetch import Batch, Prefetcher
from cortado.data.uploaded_batches import UploadedBatches
from cortado.proto import ConfigError

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))

PARTS = [((4, 3), "uint8"), ((4,), "float32")]


class Numbers:
    """Batch n holds 10 * seed + n; batch `bad` cannot be loaded."""

    part_size = 2

    def __init__(self, bad=None):
        self.bad = bad

    def plans(self, seed, start):
        return (10 * seed + n for n in count(start))

    def load(self, plan, arrays, items):
        if plan == self.bad:
            raise ConfigError(f"batch {plan} is bad")
        for array in arrays:
            array[items] = plan

    def describe(self, plan, index):
        return f"item {index} of {plan}"

    def close(self):
        pass


@pytest.fixture(params=[True, False])
def device(request):
    """A GPU whose uploads are as late or as early as can be."""
    gpu = open_test_gpu()
    if not ON_DEVICE:
        gpu.uploads_are_late = request.param
    return gpu


@pytest.fixture
def uploads(device):
    made = []

    def make(reader, slots=2):
        prefetcher = Prefetcher(reader, [Batch([np.empty(4)])], 0)
        made.append((UploadedBatches(device, prefetcher, PARTS, slots), prefetcher))
        prefetcher.seek(1, 0, made[-1][0].slots)
        return made[-1]

    yield make
    for batches, prefetcher in made:
        batches.forget()
        prefetcher.close()


def present(gpu, batches):
    """The one number that is everywhere in the present batch."""
    found = set()
    for (shape, dtype), array in zip(PARTS, batches.arrays, strict=True):
        host = np.empty(np.prod(shape), dtype)
        gpu.download(array, host)
        found |= set(host.tolist())
    (number,) = found
    return number


@pytest.mark.parametrize("slots", [1, 2, 5])
def test_batches_come_in_order_to_the_same_arrays(device, uploads, slots):
    batches, _ = uploads(Numbers(), slots)
    arrays = list(batches.arrays)
    for n in range(10, 30):
        assert batches.take() == n
        assert present(device, batches) == n
    assert all(a is b for a, b in zip(arrays, batches.arrays, strict=True))


def test_what_is_wrong_is_raised_when_its_turn_comes_and_from_then_on(device, uploads):
    batches, prefetcher = uploads(Numbers(bad=13))
    for n in range(10, 13):
        assert batches.take() == n
    for _ in range(2):
        with pytest.raises(ConfigError, match="batch 13 is bad"):
            batches.take()
        assert present(device, batches) == 12
    batches.forget()
    prefetcher.seek(2, 4)
    assert batches.take() == 24
    assert present(device, batches) == 24


def test_what_was_uploaded_ahead_is_dropped(device, uploads):
    batches, prefetcher = uploads(Numbers(), 3)
    for n in range(10, 15):
        assert batches.take() == n
    batches.forget()
    prefetcher.seek(1, 2)
    for n in range(12, 20):
        assert batches.take() == n
        assert present(device, batches) == n


def wait_until_ready(prefetcher):
    deadline = time.monotonic() + 10
    while not prefetcher.is_ready:
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.skipif(ON_DEVICE, reason="the journal is the emulated device's")
@pytest.mark.parametrize("device", [False], indirect=True)
def test_the_next_upload_starts_without_waiting_for_anything(device, uploads):
    batches, prefetcher = uploads(Numbers(), 4)
    batches.take()
    ahead = 0
    for _ in range(6):
        wait_until_ready(prefetcher)
        time.sleep(0.01)  # for the batch after that one
        was_uploaded = batches._next is not None
        del device.activity.journal[:]
        batches.take()
        assert "wait" not in device.activity.journal
        if was_uploaded:
            assert device.activity.journal == ["copy", "upload starts"]
            ahead += 1
    assert ahead


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_slots_are_given_back_when_their_upload_is_done(device, uploads, monkeypatch, slots):
    batches, prefetcher = uploads(Numbers(), slots)
    start_upload, give_back = device.start_upload, prefetcher.give_back
    ends, given = {}, []

    def note_end(pinned, array, after):
        ends[id(pinned)] = end = start_upload(pinned, array, after)
        return end

    def check_end(batch):
        assert ends[id(batch.memory)].done
        given.append(batch)
        give_back(batch)

    monkeypatch.setattr(device, "start_upload", note_end)
    monkeypatch.setattr(prefetcher, "give_back", check_end)
    for _ in range(9):
        batches.take()
    assert len(given) >= 9 - slots
    batches.forget()
    assert all(end.done for end in ends.values())
