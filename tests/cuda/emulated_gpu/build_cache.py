"""Files that are made once for each content of what they are made of."""

import getpass
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path


def folder() -> Path:
    """Of this user, so that nobody else's files are loaded."""
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    path = Path(tempfile.gettempdir()) / f"cortado-emulated-gpu-{user}"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def content_hash(parts: Iterable[str | bytes]) -> str:
    """The same for the same parts, in their order."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()[:24]


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The file of this name in the folder; make(path) writes it where it is not there yet.

    Several processes may come here at once: each writes a file of its own, and renames it.
    """
    path = folder() / name
    if not path.exists():
        handle, temporary = tempfile.mkstemp(suffix=path.suffix, prefix="unfinished-", dir=folder())
        os.close(handle)
        try:
            make(Path(temporary))
            os.replace(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    return path
