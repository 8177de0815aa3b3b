"""Make databases of CIFAR-10's binary files, as Caffe's convert_cifar_data does.

Reads data_batch_1.bin to data_batch_5.bin and test_batch.bin, and writes cifar10_train_DB_TYPE
and cifar10_test_DB_TYPE. Records are 3 x 32 x 32 bytes, channels in the order red, green, blue;
keys count from 00000.
"""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from ..core import log
from ..data.db_writer import BACKENDS, DatabaseWriter
from ..proto import ConfigError
from ..proto.caffe_pb2 import Datum
from ..proto.input_file import read_file
from .flags import FlagParser

_CLASSES = 10
_RECORD = 1 + 3 * 32 * 32  # bytes: the label, then the planes
_TRAIN = [f"data_batch_{number}.bin" for number in range(1, 6)]
_TEST = ["test_batch.bin"]


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("source", metavar="INPUT_FOLDER", type=Path, help="has the .bin files")
    parser.add_argument("target", metavar="OUTPUT_FOLDER", type=Path, help="gets the databases")
    parser.add_argument("backend", metavar="DB_TYPE", choices=BACKENDS, help="lmdb or leveldb")


def run(flags: Namespace) -> int:
    """Convert the training and the test batches."""
    for name in (*_TRAIN, *_TEST):
        if not (flags.source / name).is_file():
            raise ConfigError(
                f"no {name} in '{flags.source}'; CIFAR-10's binary version has it "
                "(`caffe download cifar10` fetches that)"
            )
    log.info("convert_cifar_data.cpp:52", "Writing Training data")
    _convert(flags.source, _TRAIN, flags.target / f"cifar10_train_{flags.backend}", flags.backend)
    log.info("convert_cifar_data.cpp:73", "Writing Testing data")
    _convert(flags.source, _TEST, flags.target / f"cifar10_test_{flags.backend}", flags.backend)
    return 0


def _convert(source: Path, names: Sequence[str], target: Path, backend: str) -> None:
    datum = Datum(channels=3, height=32, width=32)
    count = 0
    with DatabaseWriter(target, backend) as database:
        for number, name in enumerate(names, 1):
            if names is _TRAIN:
                log.info("convert_cifar_data.cpp:55", f"Training Batch {number}")
            for label, pixels in _records(source / name):
                datum.label = label
                datum.data = pixels
                database.put(f"{count:05}".encode(), datum.SerializeToString())
                count += 1


def _records(path: Path) -> list[tuple[int, bytes]]:
    """Label and pixels of every record in a batch file."""
    data = read_file(path)
    if not data or len(data) % _RECORD:
        raise ConfigError(
            f"'{path}' is damaged: {len(data)} bytes are not whole records of {_RECORD}; "
            "fetch it again"
        )
    for number, label in enumerate(data[::_RECORD]):
        if label >= _CLASSES:
            raise ConfigError(f"'{path}': record {number} has label {label}; CIFAR-10 has 0 to 9")
    starts = range(0, len(data), _RECORD)
    return [(data[at], data[at + 1 : at + _RECORD]) for at in starts]
