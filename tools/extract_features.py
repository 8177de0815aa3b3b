"""Write blobs of a net to databases, batch by batch, in phase TEST.

extract_features WEIGHTS NET BLOB[,BLOB...] DB[,DB...] NUM_BATCHES DB_TYPE [CPU|GPU] [DEVICE_ID]

Records of lmdb and leveldb are Datums of float_data with keys from 0000000000. DB_TYPE hdf5 and
npz write HDF5 files and NumPy archives: one array of all items, under the blob's name.
"""

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..core import Blob, log
from ..data.db_writer import BACKENDS, DatabaseWriter
from ..nets import Net, load_weights
from ..proto import ConfigError, hdf5, read_net, write_file
from ..proto.caffe_pb2 import TEST, Datum
from .device import choose_device
from .flags import FlagParser

DB_TYPES = (*BACKENDS, "hdf5", "npz")


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("weights", metavar="WEIGHTS", type=Path, help="a .caffemodel or .h5 file")
    parser.add_argument("net", metavar="NET", type=Path, help="prototxt, with a data layer")
    parser.add_argument("blobs", metavar="BLOBS", help="names, separated by commas")
    parser.add_argument("databases", metavar="DBS", help="to be made: one for each blob")
    parser.add_argument("batches", metavar="NUM_BATCHES", type=int, help="how many to run")
    parser.add_argument("db_type", metavar="DB_TYPE", choices=DB_TYPES, help=" or ".join(DB_TYPES))
    parser.add_argument("mode", nargs="?", default="CPU", choices=("CPU", "GPU"))
    parser.add_argument("device_id", nargs="?", default="0", metavar="DEVICE_ID")


def run(flags: Namespace) -> int:
    """Run the net and write its blobs."""
    blobs, paths = flags.blobs.split(","), flags.databases.split(",")
    if len(blobs) != len(paths):
        raise ConfigError(
            f"{len(blobs)} blobs but {len(paths)} databases are named: give one for each"
        )
    if flags.batches < 1:
        raise ConfigError(f"NUM_BATCHES: must be at least 1, got {flags.batches}")
    device = choose_device(flags.device_id if flags.mode == "GPU" else "")
    net = Net(read_net(flags.net), TEST, device=device, keep=blobs)
    try:
        load_weights(net, flags.weights)
        with ExitStack() as open_files:
            sinks = [
                open_files.enter_context(_sink(Path(path), flags.db_type, name))
                for path, name in zip(paths, blobs, strict=True)
            ]
            _extract(net, blobs, sinks, flags.batches)
    finally:
        net.close()
    log.info("extract_features.cpp:187", "Successfully extracted the features!")
    return 0


def main() -> int:
    """Run as a command of its own, as in Caffe."""
    from .cli import run as run_command

    return run_command("extract_features", sys.argv[1:], "extract_features")


class _Sink(Protocol):
    def put(self, index: int, item: np.ndarray, blob: Blob) -> None: ...


def _extract(net: Net, blobs: list[str], sinks: list[_Sink], batches: int) -> None:
    log.info("extract_features.cpp:131", "Extracting Features")
    counts = [0] * len(blobs)
    for _ in range(batches):
        net.forward()
        for k, (name, sink) in enumerate(zip(blobs, sinks, strict=True)):
            blob = net.blobs[name]
            for item in blob.data.reshape(blob.num, -1):
                sink.put(counts[k], item, blob)
                counts[k] += 1
                if counts[k] % 1000 == 0:
                    _tell(counts[k], name)
    for count, name in zip(counts, blobs, strict=True):
        if count % 1000:
            _tell(count, name)


def _tell(count: int, name: str) -> None:
    log.info(
        "extract_features.cpp:161",
        f"Extracted features of {count} query images for feature blob {name}",
    )


@contextmanager
def _sink(path: Path, db_type: str, name: str) -> Iterator[_Sink]:
    if db_type not in BACKENDS:
        array = _Array(name)
        yield array
        (array.write_hdf5 if db_type == "hdf5" else array.write_npz)(path)
        return
    with DatabaseWriter(path, db_type) as database:
        yield _Database(database)


class _Database:
    """Datums, as Caffe writes them."""

    def __init__(self, database: DatabaseWriter):
        self._database = database

    def put(self, index: int, item: np.ndarray, blob: Blob) -> None:
        datum = Datum(
            channels=blob.channels, height=blob.height, width=blob.width, float_data=item.tolist()
        )
        self._database.put(f"{index:010}".encode(), datum.SerializeToString())


class _Array:
    """All items in one array."""

    def __init__(self, name: str):
        self._name = name
        self._items: list[np.ndarray] = []

    def put(self, index: int, item: np.ndarray, blob: Blob) -> None:
        self._items.append(item.reshape(blob.shape[1:]).copy())

    def write_npz(self, path: Path) -> None:
        file = BytesIO()
        arrays: dict[str, Any] = {self._name: np.stack(self._items)}
        np.savez(file, **arrays)
        write_file(path, [file.getbuffer()])

    def write_hdf5(self, path: Path) -> None:
        data = np.stack(self._items)

        def fill(file: Any) -> None:
            file.create_dataset(self._name, data=data)

        hdf5.write_hdf5(path, fill)
