"""Make a database of MNIST's files, gzipped or not, as Caffe's convert_mnist_data does.

Records are 1 x height x width bytes with the label; keys count from 00000000.
"""

from argparse import Namespace
from pathlib import Path

from ..core import log
from ..data.db_writer import BACKENDS, DatabaseWriter
from ..proto import ConfigError
from ..proto.caffe_pb2 import Datum
from .flags import FlagParser
from .idx import read_idx


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("images", metavar="IMAGES", type=Path, help="idx3 file")
    parser.add_argument("labels", metavar="LABELS", type=Path, help="idx1 file")
    parser.add_argument("database", metavar="DB_NAME", type=Path, help="to be made")
    parser.add_flag("backend", "lmdb", "the kind of database", choices=BACKENDS)


def run(flags: Namespace) -> int:
    """Convert one pair of files."""
    images = read_idx(flags.images, axes=3)
    labels = read_idx(flags.labels, axes=1)
    if len(images) != len(labels):
        raise ConfigError(
            f"'{flags.images}' has {len(images)} images, but '{flags.labels}' has "
            f"{len(labels)} labels: these files do not belong together"
        )
    count, height, width = images.shape
    with DatabaseWriter(flags.database, flags.backend) as database:
        log.info("convert_mnist_data.cpp:88", f"A total of {count} items.")
        log.info("convert_mnist_data.cpp:89", f"Rows: {height} Cols: {width}")
        datum = Datum(channels=1, height=height, width=width)
        for item, (image, label) in enumerate(zip(images, labels, strict=True)):
            datum.data = image.tobytes()
            datum.label = int(label)
            database.put(f"{item:08}".encode(), datum.SerializeToString())
    log.info("convert_mnist_data.cpp:108", f"Processed {count} files.")
    return 0
