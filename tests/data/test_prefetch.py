import gc
import subprocess
import sys
import threading
import time
from itertools import count

import numpy as np
import pytest

from cortado.data.prefetch import Batch, Prefetcher
from cortado.proto import ConfigError


class Numbers:
    """Batch n holds 100 * seed + n; batch `bad` cannot be loaded, `last` is the last one."""

    def __init__(self, bad=None, last=None, part_size=4):
        self.bad, self.last, self.part_size, self.closed = bad, last, part_size, False

    def plans(self, seed, start):
        for n in count(start):
            if n == self.last:
                raise ConfigError("the plans are at an end")
            yield 100 * seed + n

    def load(self, plan, arrays, items):
        if plan == self.bad:
            raise ConfigError(f"batch {plan} is bad from {items.start}")
        arrays[0][items] = plan

    def describe(self, plan, index):
        return f"item {index} of {plan}"

    def close(self):
        self.closed = True


class Meeting(Numbers):
    """Batches that are loaded only when two threads load at a time."""

    def __init__(self, part_size):
        super().__init__(part_size=part_size)
        self.barrier = threading.Barrier(2, timeout=10)

    def load(self, plan, arrays, items):
        self.barrier.wait()
        super().load(plan, arrays, items)


@pytest.fixture
def prefetcher():
    made = []

    def make(reader, slots=3, seed=1):
        made.append(Prefetcher(reader, [Batch([np.zeros(4)]) for _ in range(slots)], seed))
        return made[-1]

    yield make
    for each in made:
        each.close()
    assert not threads()


def threads():
    return [t for t in threading.enumerate() if t.name.startswith("prefetch")]


def take(prefetcher, n):
    taken = []
    for _ in range(n):
        batch = prefetcher.take()
        assert (batch.arrays[0] == batch.plan).all()
        taken.append(batch.plan)
        prefetcher.give_back(batch)
    return taken


@pytest.mark.parametrize("slots", [1, 3, 8])
@pytest.mark.parametrize("part_size", [1, 3, 4])
def test_batches_come_in_order(prefetcher, slots, part_size):
    made = prefetcher(Numbers(part_size=part_size), slots)
    assert take(made, 20) == list(range(100, 120))


@pytest.mark.parametrize(("slots", "part_size"), [(4, 4), (1, 2)])
def test_several_threads_load_batches_or_parts_of_one(prefetcher, monkeypatch, slots, part_size):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    reader = Meeting(part_size)
    assert take(prefetcher(reader, slots), 10) == list(range(100, 110))
    reader.barrier.abort()  # one thread may be waiting for another that has stopped


def test_threads_start_with_the_first_batch_and_end_with_close(prefetcher):
    reader = Numbers()
    made = prefetcher(reader)
    assert not threads()
    take(made, 1)
    assert threads()
    made.close()
    assert not threads()
    assert reader.closed


def test_seek_goes_on_anywhere(prefetcher):
    made = prefetcher(Numbers())
    take(made, 5)
    made.seek(7, 30)
    assert take(made, 3) == [730, 731, 732]


def test_seek_may_change_the_slots(prefetcher):
    made = prefetcher(Numbers())
    take(made, 2)
    others = [Batch([np.zeros(4)]) for _ in range(2)]
    made.seek(7, 30, others)
    for n in range(730, 735):
        batch = made.take()
        assert batch.plan == n
        assert batch in others
        made.give_back(batch)


def test_it_tells_whether_a_batch_is_ready(prefetcher):
    made = prefetcher(Numbers(bad=102), 1)
    assert not made.is_ready  # no thread has started
    batch = made.take()
    assert not made.is_ready  # there is no slot for it
    made.give_back(batch)
    deadline = time.monotonic() + 10
    while not made.is_ready and time.monotonic() < deadline:
        time.sleep(0.001)
    assert take(made, 1) == [101]
    time.sleep(0.05)
    assert not made.is_ready  # it is bad
    with pytest.raises(ConfigError, match="batch 102"):
        made.take()


def test_an_error_is_raised_at_its_turn_and_stays(prefetcher):
    made = prefetcher(Numbers(bad=102, part_size=2))
    assert take(made, 2) == [100, 101]
    for _ in range(2):
        with pytest.raises(ConfigError, match="batch 102 is bad from 0"):
            made.take()
    made.seek(1, 3)
    assert take(made, 2) == [103, 104]


def test_an_error_in_the_plans_is_raised_at_its_turn(prefetcher):
    made = prefetcher(Numbers(last=2))
    assert take(made, 2) == [100, 101]
    with pytest.raises(ConfigError, match="at an end"):
        made.take()


def test_a_forgotten_prefetcher_stops_its_threads():
    made = Prefetcher(Numbers(), [Batch([np.zeros(4)])], 1)
    take(made, 1)
    del made
    gc.collect()
    assert not threads()


def test_the_interpreter_exits_although_nobody_closed():
    script = """
import numpy as np
from itertools import count
from cortado.data.prefetch import Batch, Prefetcher

class Reader:
    part_size = 1
    def plans(self, seed, start): return count()
    def load(self, plan, arrays, items): np.random.default_rng(0).random((300, 300)) @ np.eye(300)
    def close(self): pass

prefetcher = Prefetcher(Reader(), [Batch([np.zeros(2)]) for _ in range(8)], 1)
for _ in range(20):
    prefetcher.give_back(prefetcher.take())
print("done")
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"done\n", b"")
