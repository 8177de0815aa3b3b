"""Turn the log of a training run into tables: caffe parse_log LOG [OUT_DIR].

Writes OUT_DIR/LOG.train and OUT_DIR/LOG.test, comma-separated: NumIters, Seconds since the run
began, LearningRate, then the outputs of the net. Further test nets get LOG.test1, LOG.test2, ...
"""

import csv
import io
import sys
from argparse import Namespace
from pathlib import Path

from ..proto import ConfigError, write_file
from .flags import FlagParser
from .training_log import Row, read_training_log


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("log", metavar="LOG", type=Path, help="the log of a training run")
    parser.add_argument("folder", metavar="OUT_DIR", nargs="?", default=".", type=Path)
    parser.add_flag("verbose", False, "say what was written")
    parser.add_flag("delimiter", ",", "what stands between two columns")


def main() -> int:
    """Run as a command of its own, as in Caffe."""
    from .cli import run as run_command

    return run_command("parse_log", sys.argv[1:], "parse_log")


def run(flags: Namespace) -> int:
    """Write the tables."""
    if len(flags.delimiter) != 1:
        raise ConfigError(f"-delimiter: {flags.delimiter!r} must be one character")
    log = read_training_log(flags.log)
    tables = {"train": log.train, "test": log.tests.get(0, [])}
    tables |= {f"test{k}": rows for k, rows in log.tests.items() if k}
    for suffix, rows in tables.items():
        path = flags.folder / f"{flags.log.name}.{suffix}"
        write_file(path, [_table(rows, flags.delimiter).encode()])
        if flags.verbose:
            print(f"Wrote {path}")
    return 0


def _table(rows: list[Row], delimiter: str) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row.outputs))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["NumIters", "Seconds", "LearningRate", *names])
    for row in rows:
        values = [row.outputs.get(name, "") for name in names]
        writer.writerow([float(row.iteration), row.seconds, row.rate, *values])
    return text.getvalue()
