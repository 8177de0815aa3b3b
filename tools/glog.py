"""The flags of glog, which every command has, and the log they direct."""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare those flags of glog that scripts pass."""
    level = parser.get_default("minloglevel")  # commands whose output is a table start at 1
    parser.add_flag("minloglevel", level, "log from this level: 0 all, 1 warnings, 2 errors", int)
    parser.add_flag("log_dir", os.environ.get("GLOG_log_dir", ""), "log to a file in DIR as well")  # noqa: SIM112
    parser.add_flag("logtostderr", True, "accepted; the log goes to stderr anyway")
    parser.add_flag("alsologtostderr", True, "accepted; the log goes to stderr anyway")


@contextmanager
def logging_to(program: str, flags: argparse.Namespace) -> Iterator[None]:
    """Log where the flags say, for as long as this lasts."""
    # The log's floor loads NumPy, which `caffe help` has no use for.
    import logging

    from ..core import log

    logger = logging.getLogger("cortado")
    level, handlers = logger.level, logger.handlers[:]
    own: list[logging.Handler] = []
    if flags.log_dir:
        file = logging.FileHandler(_log_file(program, Path(flags.log_dir)))
        file.setFormatter(log.GlogFormatter())
        logger.addHandler(file)
        own.append(file)
    own.append(log.to_stderr(flags.minloglevel))
    try:
        yield
    finally:
        # A process that logs by itself, as one that imported caffe does, goes on doing so.
        logger.setLevel(level)
        logger.handlers[:] = handlers
        for handler in own:
            handler.close()


def _log_file(program: str, folder: Path) -> Path:
    """A new name, to which program.INFO is made to point."""
    name = f"{program}.INFO.{time.strftime('%Y%m%d-%H%M%S')}.{os.getpid()}"
    latest = folder / f"{program}.INFO"
    latest.unlink(missing_ok=True)
    latest.symlink_to(name)
    return folder / name
