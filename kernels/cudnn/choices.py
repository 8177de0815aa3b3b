"""Which plan was the fastest, remembered on disk from run to run."""

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any


class Choices:
    """A file of plans by the key of their graph; one that cannot be read or written is no error.

    Later runs choose alike, which also makes their results alike.
    """

    def __init__(self, path: Path):
        self.path = path
        self._known = _read(path)

    @classmethod
    def of(cls, version: str, device: str) -> "Choices":
        """Those of a version of cuDNN and a device, in the user's cache folder."""
        name = re.sub(r"[^\w.]+", "-", f"{version}-{device}")
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return cls(Path(home) / "cortado" / "cudnn" / f"{name}.json")

    def get(self, key: str) -> str | None:
        """The plan chosen for a graph, or None."""
        return self._known.get(key)

    def put(self, key: str, plan: str) -> None:
        """Remember the plan of a graph, beside those that other processes wrote meanwhile."""
        self._known = _read(self.path) | self._known | {key: plan}
        temporary = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self.path.parent, suffix=".tmp")
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump(self._known, file, indent=0)
            # Whoever reads meanwhile finds the old file or the new one, whole.
            os.replace(temporary, self.path)
        except OSError:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)


def _read(path: Path) -> dict[str, str]:
    try:
        known: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {key: plan for key, plan in known.items() if isinstance(plan, str)}
