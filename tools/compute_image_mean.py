"""Average the images of a database, as Caffe's compute_image_mean does.

Writes the mean image as a binaryproto for transform_param.mean_file, and logs the mean of each
channel for transform_param.mean_value.
"""

import sys
from argparse import Namespace
from pathlib import Path

import numpy as np

from ..core import log
from ..data.backend import open_source
from ..data.datum import datum_array, open_datum
from ..data.db_writer import BACKENDS
from ..data.record_source import RecordSource
from ..proto import ConfigError, write_mean
from .cli import run as run_command
from .flags import FlagParser

_REPORT = 10000  # images between two log lines


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("database", metavar="INPUT_DB", type=Path, help="what to average")
    parser.add_argument("mean", metavar="OUTPUT_FILE", nargs="?", type=Path, help="to be written")
    parser.add_flag("backend", "lmdb", "the kind of database", choices=BACKENDS)


def main() -> int:
    """Run under the name that the tool has in Caffe."""
    return run_command("compute_image_mean", sys.argv[1:], program="compute_image_mean")


def run(flags: Namespace) -> int:
    """Average one database."""
    source = open_source(flags.database, flags.backend)
    try:
        mean = _mean(source)
    finally:
        source.close()
    if flags.mean:
        log.info("compute_image_mean.cpp:108", f"Write to {flags.mean}")
        write_mean(flags.mean, mean.astype(np.float32))
    log.info("compute_image_mean.cpp:114", f"Number of channels: {len(mean)}")
    for channel, value in enumerate(mean.mean(axis=(1, 2))):
        log.info("compute_image_mean.cpp:119", f"mean_value channel [{channel}]: {value:g}")
    return 0


def _mean(source: RecordSource) -> np.ndarray:
    """Mean image, (C, H, W). In float64: Caffe's float32 sums drift after 65,000 white images."""
    total = np.zeros(())
    count = 0
    for key, value in source.one_round():
        try:
            datum, data = open_datum(value)
            image = datum_array(datum, data=data)
        except ConfigError as problem:
            raise ConfigError(f"{source.describe(key)}: {problem}") from None
        if not count:
            if datum.encoded:
                log.info("compute_image_mean.cpp:57", "Decoding Datum")
            log.info("compute_image_mean.cpp:70", "Starting iteration")
            total = np.zeros(image.shape)
        if image.shape != total.shape:
            raise ConfigError(
                f"{source.describe(key)} has shape {image.shape}, the ones before it {total.shape} "
                "(channels, height, width); convert_imageset -resize_height -resize_width makes "
                "them equal"
            )
        total += image
        count += 1
        if count % _REPORT == 0:
            log.info("compute_image_mean.cpp:95", f"Processed {count} files.")
    if count % _REPORT:
        log.info("compute_image_mean.cpp:101", f"Processed {count} files.")
    return total / count
