"""Make a database of image files, as Caffe's convert_imageset does.

LISTFILE has a line per image, its path below ROOTFOLDER/ and its label. Records are
3 x height x width bytes, channels in the order blue, green, red, or the encoded file; keys are
the number of the line, from 00000000, and the path. Images that cannot be read are left out.
"""

import os
import random
import sys
from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..core import log
from ..data.db_writer import BACKENDS, DatabaseWriter
from ..data.image_list import ListedImage, read_image_list
from ..proto import ConfigError
from .cli import run as run_command
from .flags import FlagParser
from .image_datum import Image, ImageStorage

_REPORT = 1000  # images between two log lines
_AHEAD = 64  # images decoded at a time


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("root", metavar="ROOTFOLDER/", help="put before every path as it stands")
    parser.add_argument("list", metavar="LISTFILE", type=Path, help="lines of PATH LABEL")
    parser.add_argument("database", metavar="DB_NAME", type=Path, help="to be made")
    parser.add_flag("gray", False, "store one channel")
    parser.add_flag("shuffle", False, "store in random order")
    parser.add_flag("backend", "lmdb", "the kind of database", choices=BACKENDS)
    parser.add_flag("resize_width", 0, "pixels; 0 keeps the size")
    parser.add_flag("resize_height", 0, "pixels; 0 keeps the size")
    parser.add_flag("check_size", False, "stop at an image whose size is not that of the first")
    parser.add_flag("encoded", False, "store compressed, in the format that the file name tells")
    parser.add_flag("encode_type", "", "store compressed, in this format: png, jpg, ...")


def main() -> int:
    """Run under the name that the tool has in Caffe."""
    return run_command("convert_imageset", sys.argv[1:], program="convert_imageset")


def run(flags: Namespace) -> int:
    """Convert the images of one list."""
    entries = read_image_list(flags.list)
    if flags.shuffle:
        log.info("convert_imageset.cpp:86", "Shuffling data")
        random.shuffle(entries)
    log.info("convert_imageset.cpp:89", f"A total of {len(entries)} images.")
    if flags.encode_type and not flags.encoded:
        log.info("convert_imageset.cpp:92", "encode_type specified, assuming encoded=true.")
    if bool(flags.resize_width) != bool(flags.resize_height):
        log.warning("convert_imageset.cpp:95", "Images keep their size: only one side is given.")
    with DatabaseWriter(flags.database, flags.backend) as database:
        count = _convert(entries, flags, database)
        if count % _REPORT:
            log.info("convert_imageset.cpp:153", f"Processed {count} files.")
        if not count:
            raise ConfigError(
                f"none of the images in '{flags.list}' could be read: the first was sought at "
                f"'{flags.root}{entries[0].path}'; does ROOTFOLDER/ end in a slash?"
            )
    return 0


def _convert(entries: list[ListedImage], flags: Namespace, database: DatabaseWriter) -> int:
    """Store the images in the order of the list; how many there were."""
    count = 0
    first_shape = None
    for number, (entry, image) in enumerate(_images(entries, flags)):
        if image is None:
            log.error("io.cpp:80", f"Could not open or find file {flags.root}{entry.path}")
            continue
        first_shape = first_shape or image.shape
        if flags.check_size and image.shape != first_shape:
            raise ConfigError(
                f"'{entry.path}' has shape {image.shape}, the images before it {first_shape} "
                "(height, width, channels); -resize_height and -resize_width make them equal"
            )
        key = os.fsencode(f"{number:08}_{entry.path}")
        database.put(key, image.datum.SerializeToString())
        count += 1
        if count % _REPORT == 0:
            log.info("convert_imageset.cpp:147", f"Processed {count} files.")
    return count


def _images(
    entries: list[ListedImage], flags: Namespace
) -> Iterator[tuple[ListedImage, Image | None]]:
    """Every entry with its image, decoded on all cores, a few at a time."""

    def read(entry: ListedImage) -> Image | None:
        encoding = flags.encode_type.lower() or (_extension(entry.path) if flags.encoded else "")
        storage = ImageStorage(not flags.gray, flags.resize_height, flags.resize_width, encoding)
        return storage.read(flags.root + entry.path, entry.label)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(entries), _AHEAD):
            few = entries[start : start + _AHEAD]
            yield from zip(few, pool.map(read, few), strict=True)


def _extension(path: str) -> str:
    _, dot, extension = path.rpartition(".")
    if not dot:
        raise ConfigError(f"-encoded: the name '{path}' tells no format; give -encode_type")
    return extension.lower()
