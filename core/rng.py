"""Random numbers: independent streams, each named by a seed and a path.

A stream depends on its name alone, not on what was drawn elsewhere or by which thread, so the
same seed gives the same run whatever the number of threads, and a resumed run draws what the
unbroken one would have drawn.
"""

import secrets
import zlib

import numpy as np

Rng = np.random.Generator


def stream(seed: int, *path: int | str) -> Rng:
    """The generator named by seed and path: stream(1701, "conv1"), stream(1701, "data", 42)."""
    words = [zlib.crc32(p.encode()) if isinstance(p, str) else p for p in path]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *words])))


def fresh_seed() -> int:
    """A seed from the operating system, for runs that name none."""
    return secrets.randbits(32)
