"""A pytest plugin: whoever reads or writes past the end of an array of the emulated device crashes.

    pytest -p guarded_gpu tests/kernels/gpu

Each array ends where a page of memory ends, and nobody may touch the next page. At most 15 bytes
are between, so that arrays still begin where kernels may load 16 bytes at a time.
"""

import ctypes
import mmap

import numpy as np
import pytest
from emulated_gpu import device

PAGE = mmap.PAGESIZE
ALIGNMENT = 16  # bytes


@pytest.fixture(autouse=True, scope="session")
def guarded_memory():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(device, "bytes_of_memory", bytes_of_memory)
        yield


def bytes_of_memory(size: int, byte: int) -> np.ndarray:
    """A view of `size` bytes that all are `byte`, with a page after it that must not be touched."""
    end = -(-max(size, 1) // PAGE) * PAGE
    memory = np.frombuffer(mmap.mmap(-1, end + PAGE), "uint8")
    start = end - -(-size // ALIGNMENT) * ALIGNMENT
    memory[start : start + size] = byte
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mprotect(ctypes.c_void_p(memory.ctypes.data + end), ctypes.c_size_t(PAGE), 0):
        raise OSError(ctypes.get_errno(), "mprotect")
    return memory[start : start + size]
