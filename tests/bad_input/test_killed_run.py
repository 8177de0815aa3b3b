"""A run that is killed goes on from its last snapshot as if nothing had happened, bit for bit."""

import re
import signal
import subprocess
import sys
import time

import pytest

RUN = "import sys; from cortado.tools.cli import main; main(sys.argv[1:])"
DROPOUT = 'layer { name: "drop" type: "Dropout" bottom: "data" top: "data" }\n'
CHANCE = {
    "scale: 0.01": "scale: 0.01 mirror: true crop_size: 6",
    'layer { name: "ip"': DROPOUT + 'layer { name: "ip"',
}


def snapshots(place):
    found = (re.fullmatch(r"it_iter_(\d+).solverstate", path.name) for path in place.iterdir())
    return sorted(int(match[1]) for match in found if match)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_run_ends_with_the_bytes_of_an_unbroken_one(train, place):
    assert train(net=CHANCE)[0] == 0  # writes the prototxts
    (place / "endless.prototxt").write_text(
        (place / "solver.prototxt").read_text().replace("max_iter: 4", "max_iter: 1000000000")
    )
    command = [sys.executable, "-c", RUN, "train", "-solver", "endless.prototxt"]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while run.poll() is None and len(snapshots(place)) < 6:
            time.sleep(0.01)
    finally:
        run.kill()
        run.wait()
    assert run.returncode == -signal.SIGKILL

    last = snapshots(place)[-1]
    end = last + 3
    for name, words in (("one", ()), ("two", ("-snapshot", f"it_iter_{last}.solverstate"))):
        changes = {"max_iter: 4": f"max_iter: {end}", '"it"': f'"{name}"'}
        assert train(*words, net=CHANCE, solver=changes)[0] == 0
    for kind in ("caffemodel", "solverstate"):
        unbroken, resumed = (place / f"{name}_iter_{end}.{kind}" for name in ("one", "two"))
        assert resumed.read_bytes().replace(b"two_iter", b"one_iter") == unbroken.read_bytes()
