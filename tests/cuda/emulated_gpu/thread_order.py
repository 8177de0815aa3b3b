"""In which order the blocks of a grid and the threads of a block run."""

from collections.abc import Iterator
from contextlib import contextmanager

# Numbered as in shim/execution.h. Forward and backward, a warp goes on to the next barrier of its
# block before another begins; shuffled, warps fall behind each other, the same way in each launch.
ORDERS = ("forward", "backward", "shuffled")

_current = "forward"


def current_order() -> str:
    return _current


@contextmanager
def thread_order(order: str) -> Iterator[None]:
    """Within it, kernels run in this order."""
    global _current
    if order not in ORDERS:
        raise ValueError(f"order: one of {', '.join(ORDERS)}; found {order!r}")
    before, _current = _current, order
    try:
        yield
    finally:
        _current = before
