from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cortado.data.db_writer import DatabaseWriter
from cortado.proto.caffe_pb2 import Datum

GOLDENS = Path(__file__).parents[1] / "goldens"
# What forks do wrong, as docs/differences.md tells; other tests have what is right.
DIFFERENT = {
    "multibox_loss_no_mining_logistic",
    "normalize_2d",
    "normalize_eps",
    "normalize_spatial_false_shared_false",
    "normalize_spatial_true_shared_false",
    "yolov3_detection_output_two_images",
}


@pytest.fixture
def assert_close() -> Callable:
    """assert_close(ours, real Caffe's, tolerance, name): relative to the largest value."""

    def check(got, want, tolerance, name):
        got, want = np.asarray(got, "f8"), np.asarray(want, "f8")
        assert got.size == want.size, name
        if want.size:
            error = np.abs(got.reshape(want.shape) - want).max()
            assert error <= tolerance * max(np.abs(want).max(), 1e-2), name

    return check


@pytest.fixture
def write_records(tmp_path):
    """write_records(images, labels) -> path of an LMDB; an image is an array (C, H, W) or bytes."""

    def write(images, labels=range(1000)):
        with DatabaseWriter(tmp_path / "db", "lmdb") as database:
            for i, (image, label) in enumerate(zip(images, labels, strict=False)):
                datum = Datum(label=label)
                if isinstance(image, bytes):
                    datum.encoded, datum.data = True, image
                else:
                    datum.channels, datum.height, datum.width = image.shape
                    if image.dtype == np.uint8:
                        datum.data = image.tobytes()
                    else:
                        datum.float_data.extend(image.ravel().tolist())
                database.put(f"{i:08}".encode(), datum.SerializeToString())
        return tmp_path / "db"

    return write


def pytest_generate_tests(metafunc):
    """`layer_golden` and `net_golden` run over every recorded case, `layer_golden` forks' too."""
    for name, patterns in (("layer", ("layers/*.npz", "forks/*/*.npz")), ("net", ("nets/*.npz",))):
        if f"{name}_golden" in metafunc.fixturenames:
            found = [case for pattern in patterns for case in sorted(GOLDENS.glob(pattern))]
            cases = [case for case in found if case.stem not in DIFFERENT]
            names = [f"{case.parent.name}-{case.stem}" for case in cases]
            metafunc.parametrize(f"{name}_golden", cases, ids=names)
