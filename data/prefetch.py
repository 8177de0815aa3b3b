"""Prefetcher: batches that threads read, decode and transform ahead of need."""

import os
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Condition, Lock, Thread, current_thread
from typing import Any, Protocol

import numpy as np


class BatchReader(Protocol):
    """Where batches come from.

    All order and chance is in `plans`, which one thread at a time iterates; `load` follows a plan
    and nothing else. So a batch depends on seed and number alone, whichever threads load it.

    part_size   how many items of a batch are worth the turn of a thread
    """

    part_size: int

    def plans(self, seed: int, start: int) -> Iterator[Any]:
        """What is in batch number `start` and in all that follow, without end."""
        ...

    def load(self, plan: Any, arrays: list[np.ndarray], items: slice) -> None:
        """Write these items of a batch, to an array per top.

        May replace an array by one of another shape if the batch is loaded as a whole.
        """
        ...

    def describe(self, plan: Any, index: int) -> str:
        """How errors name an item of a batch."""
        ...

    def close(self) -> None:
        """Release files."""
        ...


class Batch:
    """A slot for one batch: an array per top, and the plan that it was loaded by."""

    __slots__ = ("arrays", "plan")

    def __init__(self, arrays: list[np.ndarray]):
        self.arrays = arrays
        self.plan: Any = None


class Prefetcher:
    """Keeps threads loading the next batches into a ring of slots, made once.

    The threads start with the first take(). What goes wrong in one is raised by the take() whose
    turn it is, and by every one after. They stop on close(), when the Prefetcher is forgotten,
    and when the interpreter exits.
    """

    def __init__(self, reader: BatchReader, batches: Sequence[Batch], seed: int):
        self.reader = reader
        self._batches = batches
        self._workers: _Workers | None = None
        self._next: Future[Batch] | None = None
        self._start = (seed, 0)

    def take(self) -> Batch:
        """The next batch, when it is ready; give_back() makes room for another."""
        if self._workers is None:
            seed, number = self._start
            self._workers = _Workers(self.reader, self.reader.plans(seed, number), self._batches)
            # At the end of the interpreter, or of a forgotten Prefetcher: the collector may be
            # running in a thread that holds what ours wait for, so it must not wait for long.
            self._forget = weakref.finalize(self, self._workers.stop, patience=1)
        # A batch that failed stays the next one.
        self._next = self._next or self._workers.promised.get()
        batch = self._next.result()
        self._next = None
        return batch

    @property
    def is_ready(self) -> bool:
        """Whether take() would give a batch at once; where something went wrong it would not."""
        if self._workers is None:
            return False
        if self._next is None:
            try:
                self._next = self._workers.promised.get_nowait()
            except Empty:
                return False
        return self._next.done() and self._next.exception() is None

    def give_back(self, batch: Batch) -> None:
        """Let the threads write another batch where this one lies."""
        if self._workers is not None:
            self._workers.put(batch)

    def seek(self, seed: int, number: int, batches: Sequence[Batch] | None = None) -> None:
        """Go on with batch `number` of the sequence that seed gives, in other slots if given."""
        self._halt()
        self._start = (seed, number)
        self._batches = batches or self._batches

    def close(self) -> None:
        """Stop the threads and close the reader."""
        self._halt()
        self.reader.close()

    def _halt(self) -> None:
        if self._workers is not None:
            self._forget.detach()
            self._workers.stop()
        self._workers = self._next = None


class _Loading:
    """A batch of which threads load one part after the other."""

    def __init__(self, batch: Batch, part_size: int):
        self.batch = batch
        self.promise: Future[Batch] = Future()
        size = len(batch.arrays[0])
        self.parts = deque(
            slice(start, min(start + part_size, size)) for start in range(0, size, part_size)
        )
        self.unfinished = len(self.parts)
        self.problems: list[tuple[int, BaseException]] = []

    def keep_promise(self) -> None:
        """Hand over the batch, or the problem that its first item with one has."""
        if self.problems:
            self.promise.set_exception(min(self.problems, key=lambda found: found[0])[1])
        else:
            self.promise.set_result(self.batch)


class _Workers:
    """The threads and what they share. They must not know the Prefetcher, whose end ends them."""

    def __init__(self, reader: BatchReader, plans: Iterator[Any], batches: Sequence[Batch]):
        self.promised: SimpleQueue[Future[Batch]] = SimpleQueue()  # in the order of the batches
        self._reader = reader
        self._plans = plans
        self._free = deque(batches)
        self._loading: _Loading | None = None  # the batch whose parts are given out
        self._stopping = False
        # Its lock is reentrant, as it must be: the garbage collector may stop us from anywhere.
        self._changed = Condition()
        self._turn = Lock()  # whose part is next
        parts = sum(len(_Loading(batch, reader.part_size).parts) for batch in batches)
        # Daemons, because the interpreter waits for other threads before it runs what stops them.
        self._threads = [
            Thread(target=self._run, daemon=True, name=f"prefetch-{i}")
            for i in range(min(parts, os.cpu_count() or 1))
        ]
        for thread in self._threads:
            thread.start()

    def put(self, batch: Batch) -> None:
        """Make room for another batch."""
        with self._changed:
            self._free.append(batch)
            self._changed.notify()

    def stop(self, patience: float | None = None) -> None:
        """End the threads, waiting for each as many seconds as patience says, or for ever."""
        self._end()
        for thread in self._threads:
            if thread is not current_thread():
                thread.join(patience)

    def _run(self) -> None:
        while task := self._claim():
            loading, items = task
            try:
                self._reader.load(loading.batch.plan, loading.batch.arrays, items)
            except BaseException as problem:
                loading.problems.append((items.start, problem))
            with self._changed:
                loading.unfinished -= 1
                is_last = not loading.unfinished
            if is_last:
                loading.keep_promise()

    def _claim(self) -> tuple[_Loading, slice] | None:
        """Wait for room and take the next part; None when there is nothing more to do."""
        with self._turn:
            if not (self._loading and self._loading.parts):
                self._loading = self._next_batch()
            if self._loading is None or self._stopping:
                return None
            return self._loading, self._loading.parts.popleft()

    def _next_batch(self) -> _Loading | None:
        with self._changed:
            self._changed.wait_for(lambda: self._free or self._stopping)
            if self._stopping:
                return None
            batch = self._free.popleft()
        loading = _Loading(batch, self._reader.part_size)
        self.promised.put(loading.promise)
        try:
            batch.plan = next(self._plans)
        except BaseException as problem:
            loading.promise.set_exception(problem)
            self._end()
            return None
        return loading

    def _end(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
