import signal
import subprocess
import sys
from pathlib import Path

import pytest
from guarded_gpu import bytes_of_memory

TOUCH = "import ctypes, guarded_gpu as g; m = g.bytes_of_memory({size}, 1); "
READ = "ctypes.string_at(m.ctypes.data + {place}, 1)"


@pytest.mark.parametrize("size", [0, 16, 400, 4096, 5000])
def test_memory_is_aligned_and_filled(size):
    memory = bytes_of_memory(size, 7)
    assert memory.size == size
    assert memory.ctypes.data % 16 == 0
    assert (memory == 7).all()


@pytest.mark.parametrize(("place", "status"), [(399, 0), (400, -signal.SIGSEGV)])
def test_who_reads_past_the_end_crashes(place, status):
    code = (TOUCH + READ).format(size=400, place=place)
    folder = Path(__file__).parent
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=folder, check=False).returncode == status
    )
