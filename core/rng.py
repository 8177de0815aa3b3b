"""Random numbers: independent streams, each named by a seed and a path.

A stream depends on its name alone, not on what was drawn elsewhere or by which thread, so the
same seed gives the same run whatever the number of threads, and a resumed run draws what the
unbroken one would have drawn.
"""

import secrets
import zlib
from typing import Any

import numpy as np

Rng = np.random.Generator


def stream(seed: int, *path: int | str) -> Rng:
    """The generator named by seed and path: stream(1701, "conv1"), stream(1701, "data", 42)."""
    words = [zlib.crc32(p.encode()) if isinstance(p, str) else p for p in path]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *words])))


def fresh_seed() -> int:
    """A seed from the operating system, for runs that name none."""
    return secrets.randbits(32)


def rng_state(rng: Rng) -> dict[str, Any]:
    """Where a stream stands, as JSON values; restore_rng() goes on from there."""
    return _as_json(rng.bit_generator.state)


def restore_rng(rng: Rng, state: dict[str, Any]) -> None:
    """Let rng draw what the stream that gave this state would have drawn next."""
    rng.bit_generator.state = state


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(inner) for key, inner in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value
