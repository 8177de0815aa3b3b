"""Residence: which numbers of the blobs on a GPU are current, those on the host or its own.

As in Caffe, who looks at a blob gets an array on the host, and what it wrote there counts in the
next pass. Nothing is done per blob and pass: passes are counted, and a host's copy is as good as
the pass it was made after.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import numpy as np

from .half import rounded, widened
from .memory import Array


class Residence:
    """The host's copies of what lives on one GPU.

    A pass over a net stands between begin() and end(): what somebody may have written on the host
    goes up before it, and counts as old after it.

    turn    held by the thread whose pass it is: others would come between with their own work, even
            into a graph that is being captured
    """

    def __init__(self, gpu: Any):
        self.gpu = gpu
        self.passes = 0
        self.is_running = False
        self.turn = RLock()
        self._shown: dict[Twin, None] = {}  # given to somebody on the host since the last pass

    def begin(self) -> None:
        """Wait for our turn, and bring to the device what was written on the host."""
        self.turn.acquire()
        try:
            self.gpu.activate()
            for twin in self._shown:
                twin.push()
        except BaseException:
            self.turn.release()
            raise
        self._shown.clear()
        self.is_running = True

    def end(self) -> None:
        """From now on the device's numbers are the current ones."""
        self.is_running = False
        self.passes += 1
        self.turn.release()

    @contextmanager
    def running(self) -> Iterator[None]:
        """A pass, which ends also where something goes wrong."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def show(self, twin: "Twin") -> None:
        """Note that somebody on the host has the array, and may write to it."""
        self._shown[twin] = None


class Twin:
    """A flat array on the host and one on the device that stand for the same numbers.

    Either is made when first asked for, and gets what the other has. The device may store them in
    16 bits, device_dtype being as half.py says.
    """

    __slots__ = ("_device", "_host", "_seen", "count", "device_dtype", "dtype", "residence")

    def __init__(self, residence: Residence, count: int, dtype: Any, device_dtype: Any = None):
        self.residence = residence
        self.count = count
        self.dtype = np.dtype(dtype)
        self.device_dtype = np.dtype(device_dtype or dtype)
        self._host: np.ndarray | None = None
        self._device: Array | None = None
        self._seen = -1  # how many passes there had been when the host's copy was current

    @property
    def exists(self) -> bool:
        """Whether either side was made."""
        return self._host is not None or self._device is not None

    def host(self) -> np.ndarray:
        """The host's array, current, for somebody who may write to it.

        During a pass it is what the pass's own copies made of it.
        """
        residence = self.residence
        with residence.turn:
            if self._host is None:
                self._host = np.zeros(self.count, self.dtype)
            if not residence.is_running:
                if self._device is not None and not self._is_seen:
                    self.fetch()
                residence.show(self)
            return self._host

    def device(self) -> Array:
        """The device's array; what was written on the host so far goes along."""
        if self._device is None:
            self._device = self.residence.gpu.zeros(self.count, self.device_dtype)
            if self._host is not None:
                self.store()
        return self._device

    def clear(self) -> None:
        """Set all numbers to zero on both sides, between passes."""
        with self.residence.turn:
            if self._host is not None:
                self._host[...] = 0
            if self._device is not None:
                self.residence.gpu.clear(self._device)
            self._seen = self.residence.passes

    def lie_in(self, device: Array) -> None:
        """Let the device's numbers be a slice of a larger array of its own; none are kept."""
        self._device = device

    def push(self) -> None:
        """Copy to the device what may have been written on the host since the last pass."""
        if self._host is not None and self._device is not None and self._is_seen:
            self.store()

    def fetch(self, place: slice = slice(None)) -> None:
        """Copy from the device, all or a part."""
        if self._host is None:
            self._host = np.zeros(self.count, self.dtype)
        host, device, gpu = self._host[place], self.device()[place], self.residence.gpu
        if self.device_dtype == self.dtype:
            gpu.download(device, host)
        else:
            stored = np.empty(host.size, self.device_dtype)
            gpu.download(device, stored)
            host[...] = widened(stored)
        self._seen = self.residence.passes

    def store(self, place: slice = slice(None)) -> None:
        """Copy to the device, all or a part."""
        assert self._host is not None
        host, device = self._host[place], self.device()[place]
        if self.device_dtype != self.dtype:
            host = rounded(host, self.device_dtype)
        self.residence.gpu.upload(host, device)
        self._seen = self.residence.passes

    @property
    def _is_seen(self) -> bool:
        return self._seen == self.residence.passes
