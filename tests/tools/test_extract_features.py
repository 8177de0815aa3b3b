import re

import h5py
import lmdb
import numpy as np
import pytest

from cortado.proto.caffe_pb2 import Datum

ARGUMENTS = ("extract_features", "features/w.caffemodel", "features/net.prototxt")


def records(path):
    with lmdb.open(str(path), readonly=True, lock=False) as env, env.begin() as transaction:
        return [(key, Datum.FromString(value)) for key, value in transaction.cursor()]


def test_databases_hold_what_caffe_extracted(pictures, caffe):
    status, lines = caffe(*ARGUMENTS, "prob,conv", "prob.lmdb,conv.lmdb", 3, "lmdb")
    assert status == 0
    assert lines[-1] == "extract_features.cpp:187] Successfully extracted the features!"
    assert any(
        line.endswith("Extracted features of 12 query images for feature blob conv")
        for line in lines
    )
    for name in ("prob.lmdb", "conv.lmdb"):
        ours, theirs = records(name), records(f"features/{name}")
        assert [key for key, _ in ours] == [key for key, _ in theirs]
        for (_, our), (_, their) in zip(ours, theirs, strict=True):
            assert our.float_data == pytest.approx(their.float_data, rel=2e-5, abs=1e-6)
            our.ClearField("float_data")
            their.ClearField("float_data")
            assert our == their


def test_an_archive_holds_all_items_in_their_shape(pictures, caffe):
    status, _ = caffe(*ARGUMENTS, "prob,conv", "prob.npz,conv.npz", 2, "npz")
    assert status == 0
    with np.load("prob.npz") as archive:
        assert archive["prob"].shape == (8, 6)
        expected = [datum.float_data for _, datum in records("features/prob.lmdb")[:8]]
        np.testing.assert_allclose(archive["prob"], expected, rtol=2e-5)
    with np.load("conv.npz") as archive:
        assert archive["conv"].shape == (8, 4, 4, 4)


def test_an_hdf5_file_holds_all_items_in_their_shape(pictures, caffe):
    status, _ = caffe(*ARGUMENTS, "prob,conv", "prob.h5,conv.h5", 3, "hdf5")
    assert status == 0
    with h5py.File("prob.h5") as file:
        expected = [datum.float_data for _, datum in records("features/prob.lmdb")]
        np.testing.assert_allclose(file["prob"], expected, rtol=2e-5)
    with h5py.File("conv.h5") as file:
        assert file["conv"].shape == (12, 4, 4, 4)


def test_a_leveldb_holds_the_same_records(pictures, caffe):
    plyvel = pytest.importorskip("plyvel")
    assert caffe(*ARGUMENTS, "prob", "prob.lmdb", 3, "lmdb")[0] == 0
    assert caffe(*ARGUMENTS, "prob", "prob.leveldb", 3, "leveldb")[0] == 0
    with plyvel.DB("prob.leveldb") as database:
        ours = [(key, Datum.FromString(value)) for key, value in database]
    assert ours == records("prob.lmdb")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["prob,conv", "a", 1, "lmdb"], "2 blobs but 1 databases are named"),
        (["pro", "a", 1, "lmdb"], "the net has no blob 'pro'; it has data, "),
        (["prob", "a", 1, "csv"], "csv"),
        (["prob", "resized.lmdb", 1, "lmdb"], "resized.lmdb"),
        (["prob", "a", 0, "lmdb"], "NUM_BATCHES"),
        (["prob"], "DBS"),
    ],
)
def test_what_is_missing_or_wrong_is_named(pictures, caffe, words, message):
    before = {path: path.stat().st_mtime for path in pictures.rglob("*")}
    status, lines = caffe(*ARGUMENTS, *words)
    assert status == 1
    assert re.search(f"^caffe.*: error: .*{message}", lines[-1])
    assert {path: path.stat().st_mtime for path in pictures.rglob("*")} == before
