"""Files over HTTP: resumed where an earlier attempt broke off, checked, whole or not there."""

import sys
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tqdm import tqdm

from ..proto import ConfigError

_CHUNK = 1 << 18  # bytes
_SILENCE = 30  # seconds without a byte before a mirror is given up
_PARTIAL_CONTENT = 206
_RANGE_NOT_SATISFIABLE = 416

Check = Callable[[Path], None]  # raises ConfigError for a file that is not what it should be


def fetch(urls: Sequence[str], target: Path, check: Check) -> None:
    """Make `target` of the first URL that delivers a file which passes the check.

    What has arrived stays in `target`.part if all fail, for the next attempt to go on from.
    """
    part = target.with_name(f"{target.name}.part")
    failures = []
    for url in urls:
        try:
            _complete(url, part, check)
        except (OSError, HTTPException, ConfigError) as problem:
            failures.append(f"{url}: {problem}")
        else:
            part.replace(target)
            return
    raise ConfigError(f"cannot fetch {target.name} ({'; '.join(failures)})")


def _complete(url: str, part: Path, check: Check) -> None:
    """Bring `part` to its end from one URL, starting over if what was there does not fit."""
    resumed = part.exists()
    _persist(url, part)
    try:
        check(part)
    except ConfigError:
        part.unlink()
        if not resumed:
            raise
        _complete(url, part, check)


def _persist(url: str, part: Path) -> None:
    """Transfer, and again after a break as long as each attempt brings something."""
    while True:
        before = _size(part)
        try:
            _transfer(url, part, before)
        except HTTPError as refusal:
            refusal.close()
            if refusal.code != _RANGE_NOT_SATISFIABLE:  # which means that nothing is missing
                raise
        except (OSError, HTTPException):
            if _size(part) <= before:
                raise
            continue
        return


def _transfer(url: str, part: Path, start: int) -> None:
    """Append to `part` the bytes from `start` on, or write all if the server cannot do that."""
    request = Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    with urlopen(request, timeout=_SILENCE) as reply:
        if reply.status != _PARTIAL_CONTENT:
            start = 0
        length = reply.headers["Content-Length"]
        end = start + int(length) if length else None
        name = part.name.removesuffix(".part")
        with (
            part.open("ab" if start else "wb") as file,
            tqdm(
                desc=name,
                total=end,
                initial=start,
                unit="B",
                unit_scale=True,
                disable=not sys.stderr.isatty(),
            ) as bar,
        ):
            while chunk := reply.read(_CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
    if end is not None and _size(part) < end:
        raise ConnectionError(f"the connection broke after {_size(part)} of {end} bytes")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
