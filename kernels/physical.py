"""Physical: the numbers of an array in the order in which they lie in memory."""

from typing import Any


def physical(array: Any) -> Any:
    """A flat view, whatever the order of the axes; ValueError if numbers do not lie dense."""
    flat = array.ravel(order="K")
    if flat.size and flat.ctypes.data != array.ctypes.data:
        raise ValueError(f"no dense array: shape {array.shape}, strides {array.strides}")
    return flat
