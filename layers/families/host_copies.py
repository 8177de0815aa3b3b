"""HostCopies: stand-ins for blobs on a device, for code that works on numpy arrays."""

from collections.abc import Sequence
from typing import Literal

from ...core import Blob, Blobs

Side = Literal["data", "diff"]


class HostCopies(Sequence[Blob]):
    """Host blobs of the same shapes as the device blobs they stand for, copied when told to."""

    def __init__(self, device: Blobs):
        self._device = device
        self._host: list[Blob] = []
        self.follow_shapes()

    def __len__(self) -> int:
        return len(self._host)

    def __getitem__(self, index):
        return self._host[index]

    def follow_shapes(self) -> None:
        """Take the shapes of the device blobs, and stand in for those added since."""
        for blob in self._device[len(self._host) :]:
            self._host.append(Blob(blob.shape, blob.dtype))
        for host, device in zip(self._host, self._device, strict=True):
            host.reshape(device.shape)

    def give_shapes(self) -> None:
        """Let the device blobs take the shapes of their stand-ins."""
        for host, device in zip(self._host, self._device, strict=True):
            device.reshape(host.shape)

    def fetch(self, side: Side) -> None:
        """Copy from the device."""
        for host, device in zip(self._host, self._device, strict=True):
            getattr(host, side)[...] = getattr(device, side).get()

    def store(self, side: Side, only: Sequence[bool] | None = None) -> None:
        """Copy to the device; only says which blobs, default all."""
        for i, (host, device) in enumerate(zip(self._host, self._device, strict=True)):
            if only is None or only[i]:
                getattr(device, side)[...] = device.xp.asarray(getattr(host, side))
