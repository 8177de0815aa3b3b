"""What takes the memory of a device, told where there is too little of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..core import Blob
from ..core.gpu import OutOfDeviceMemory
from .weights import Weights

MOST_NAMED = 3


@contextmanager
def naming_blobs(blobs: Mapping[str, Blob], weights: Weights) -> Iterator[None]:
    """Within it, an OutOfDeviceMemory names the largest blobs."""
    try:
        yield
    except OutOfDeviceMemory as problem:
        largest = sorted(blobs.items(), key=lambda item: -item[1].nbytes)[:MOST_NAMED]
        sizes = ", ".join(f"{name!r} {_mib(blob.nbytes)}" for name, blob in largest)
        raise OutOfDeviceMemory(
            f"{problem}. Its largest blobs, each with a gradient as large: {sizes}; all weights "
            f"{_mib(4 * weights.size)}"
        ) from None


def _mib(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
