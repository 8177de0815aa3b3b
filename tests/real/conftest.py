import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "../shared"


def pytest_itemcollected(item):
    item.add_marker("slow")
    item.add_marker(pytest.mark.timeout(3600))  # seconds: the longest trains 10,000 iterations


@pytest.fixture(scope="session")
def real():
    """real("models/mtcnn") -> a file or folder of real Caffe's; skips where there is none."""

    def find(name):
        path = (SHARED / name).resolve()
        if not path.exists():
            pytest.skip(f"needs ../shared/{name}")
        return path

    return find


@pytest.fixture(scope="session")
def caffe():
    """caffe(folder, "train", "-solver", ...) -> the log of that command, run in a folder."""

    def run(folder, *words):
        command = [str(Path(sys.executable).with_name("caffe")), *map(str, words)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stderr

    return run


@pytest.fixture(scope="session")
def workplace(tmp_path_factory):
    """workplace(name) -> a new folder with the prototxts of models/NAME where they expect to be."""

    def make(model):
        folder = tmp_path_factory.mktemp(model)
        (folder / "models" / model).mkdir(parents=True)
        for path in (ROOT / "models" / model).glob("*.prototxt"):
            (folder / "models" / model / path.name).write_bytes(path.read_bytes())
        return folder

    return make


@pytest.fixture(scope="session")
def mnist(real, caffe, workplace):
    """A folder with MNIST's databases and the prototxts of LeNet."""
    source, folder = real("data/mnist"), workplace("lenet")
    (folder / "data/mnist").mkdir(parents=True)
    for ours, theirs in (("train", "train"), ("test", "t10k")):
        files = [source / f"{theirs}-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1")]
        caffe(folder, "convert_mnist", *files, f"data/mnist/{ours}_lmdb")
    return folder
