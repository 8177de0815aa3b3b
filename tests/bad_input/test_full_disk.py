"""A disk that fills up while a snapshot is written: the run ends, the old snapshot stays whole."""

import os
import re
import subprocess
import sys
from contextlib import suppress

import pytest

RUN = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
from cortado.tools.cli import main
sys.exit(main(["train", "-solver", "solver.prototxt", "-snapshot", "it_iter_2.solverstate"]))
"""


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 32 KiB, where the system lets us mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(folder)]
    try:
        mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder):
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(512))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*it_iter_*")}


def test_on_a_disk_that_is_full(train, refused, small_disk):
    there = {'"it"': f'"{small_disk}/it"'}
    assert train(solver=there)[0] == 0
    before = contents(small_disk)
    fill(small_disk)
    message = refused("-snapshot", f"{small_disk}/it_iter_2.solverstate", solver=there)
    assert re.fullmatch(r".*it_iter_4.\w+: cannot be written: No space left on device", message)
    assert contents(small_disk) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file sizes")
def test_beyond_the_largest_size_allowed_to_a_file(train, place):
    assert train()[0] == 0
    before = contents(place)
    done = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.endswith("it_iter_4.caffemodel: cannot be written: File too large\n")
    assert "Traceback" not in done.stderr
    assert contents(place) == before
