"""Log lines in the format of Caffe's (glog's), so that existing log parsers work.

    I20261123 22:58:34.971336 22305 solver.cpp:45] Initializing solver from parameters:

Each call names the place in Caffe's sources that its line had, because parsers look for it.
Nothing is printed until a command, or `import caffe`, calls to_stderr().
"""

import logging
import os
import sys
import threading
import time

_logger = logging.getLogger("cortado")
_logger.addHandler(logging.NullHandler())
_logger.propagate = False


def info(source: str, message: str) -> None:
    """Log progress; source is Caffe's file and line, as in "solver.cpp:45"."""
    _logger.info(message, extra={"source": source})


def warning(source: str, message: str) -> None:
    """Log what was ignored or mended."""
    _logger.warning(message, extra={"source": source})


def error(source: str, message: str) -> None:
    """Log what went wrong."""
    _logger.error(message, extra={"source": source})


def enabled() -> bool:
    """Whether info lines go anywhere; ask before preparing a long one."""
    return _logger.isEnabledFor(logging.INFO)


def to_stderr(least: int | None = None) -> logging.Handler:
    """Print from level `least` up: 0 info, 1 warnings, 2 errors; default GLOG_minloglevel or 0."""
    if least is None:
        text = os.environ.get("GLOG_minloglevel", "0")  # noqa: SIM112 - glog's own name
        least = int(text) if text.isdigit() else 0
    handler = _StderrHandler()
    handler.setFormatter(GlogFormatter())
    for old in [h for h in _logger.handlers if isinstance(h, _StderrHandler)]:
        _logger.removeHandler(old)
    _logger.addHandler(handler)
    _logger.setLevel(logging.INFO + 10 * least)
    return handler


def silence(handler: logging.Handler) -> None:
    """Undo to_stderr()."""
    _logger.removeHandler(handler)
    _logger.setLevel(logging.CRITICAL)


class GlogFormatter(logging.Formatter):
    """One glog line: level, date, time in microseconds, thread, source, message."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the line; a message of several lines has the prefix on its first."""
        when = time.localtime(record.created)
        micros = int(record.created % 1 * 1e6)
        stamp = f"{time.strftime('%Y%m%d %H:%M:%S', when)}.{micros:06d}"
        thread = threading.get_native_id()
        source = getattr(record, "source", f"{record.filename}:{record.lineno}")
        return (
            f"{record.levelname[0]}{stamp} {thread} {source}] {record.getMessage()}".removesuffix(
                "\n"
            )
        )


class _StderrHandler(logging.Handler):
    """Writes to whatever sys.stderr is at the time, below a progress bar if one is shown."""

    def emit(self, record: logging.LogRecord) -> None:
        write = sys.modules["tqdm"].tqdm.write if "tqdm" in sys.modules else None
        line = self.format(record)
        if write:
            write(line, file=sys.stderr)
        else:
            print(line, file=sys.stderr)


_logger.setLevel(logging.CRITICAL)
