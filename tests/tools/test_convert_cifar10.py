import lmdb
import numpy as np
import pytest

from cortado.proto.caffe_pb2 import Datum
from cortado.tools.cli import main

TRAIN = [f"data_batch_{n}.bin" for n in range(1, 6)]


def batch(labels, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (len(labels), 3072), np.uint8)
    return np.hstack([np.array(labels, np.uint8)[:, None], pixels])


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    for number, name in enumerate((*TRAIN, "test_batch.bin")):
        (folder / name).write_bytes(batch([number, 9], seed=number).tobytes())
    return folder


@pytest.fixture
def convert(source, tmp_path, capsys):
    def run(backend="lmdb"):
        status = main(["convert_cifar10", str(source), str(tmp_path), backend])
        return status, capsys.readouterr().err

    return run


def records(path):
    with lmdb.open(str(path), readonly=True, lock=False) as env, env.begin() as transaction:
        return [(key.decode(), Datum.FromString(value)) for key, value in transaction.cursor()]


def test_five_batches_become_one_database(convert, tmp_path):
    status, log = convert()
    assert status == 0
    assert "convert_cifar_data.cpp:52] Writing Training data" in log
    assert "convert_cifar_data.cpp:55] Training Batch 5" in log
    assert "convert_cifar_data.cpp:73] Writing Testing data" in log
    found = records(tmp_path / "cifar10_train_lmdb")
    assert [key for key, _ in found] == [f"{n:05}" for n in range(10)]
    assert [datum.label for _, datum in found] == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9]
    expected = batch([1, 9], seed=1)[0, 1:]
    assert found[2][1].data == expected.tobytes()
    assert (found[2][1].channels, found[2][1].height, found[2][1].width) == (3, 32, 32)
    assert [d.label for _, d in records(tmp_path / "cifar10_test_lmdb")] == [5, 9]


def test_leveldb(convert, tmp_path):
    plyvel = pytest.importorskip("plyvel")
    assert convert("leveldb")[0] == 0
    database = plyvel.DB(str(tmp_path / "cifar10_test_leveldb"))
    assert [key for key, _ in database] == [b"00000", b"00001"]
    database.close()


def test_missing_batch(convert, source, tmp_path):
    (source / "data_batch_4.bin").unlink()
    status, log = convert()
    assert status == 1
    assert f"no data_batch_4.bin in '{source}'; CIFAR-10's binary version has it" in log
    assert not (tmp_path / "cifar10_train_lmdb").exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (bytes(3072), "data_batch_2.bin' is damaged: 3072 bytes are not whole records of 3073"),
        (b"", "0 bytes are not whole records"),
        (bytes(3073) + b"\x0a" + bytes(3072), "record 1 has label 10; CIFAR-10 has 0 to 9"),
    ],
)
def test_damaged_batch(convert, source, tmp_path, data, message):
    (source / "data_batch_2.bin").write_bytes(data)
    status, log = convert()
    assert status == 1
    assert message in log
    assert [path.name for path in tmp_path.iterdir()] == [source.name]


def test_unknown_database_type(convert):
    status, log = convert("mysql")
    assert status == 1
    assert "argument DB_TYPE: invalid choice: 'mysql'" in log
