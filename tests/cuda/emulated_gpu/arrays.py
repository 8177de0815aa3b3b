"""DeviceArray: a NumPy array that behaves as cupy.ndarray does where NumPy would be more lenient.

Not caught, as NumPy does not ask: np.asarray(device_array), and device arrays as values or indices
of plain ones.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .activity import Activity


class DeviceArray(np.ndarray):
    """Memory of the emulated GPU; does not mix with arrays of the host.

    activity   of the Gpu it is on: takes note of synchronisations, and of work in a capture
    """

    activity: Activity

    def __array_finalize__(self, source: Any) -> None:
        self.activity = getattr(source, "activity", None) or Activity()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = (), **options: Any):
        _refuse_host((*inputs, *out, *options.values()))
        compute = partial(getattr(ufunc, method), *map(_plain, inputs))
        if out:
            options["out"] = tuple(map(_plain, out))
        options = {key: _plain(value) for key, value in options.items()}
        if out or method == "at":
            self.activity.do(partial(compute, **options))
            return out[0] if len(out) == 1 else out or None
        self._forbid_allocation(ufunc.__name__)
        return _wrapped(compute(**options), self.activity)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        _refuse_host((*args, *kwargs.values()))
        self._forbid_allocation(function.__name__)
        args = _plain(args)
        kwargs = {key: _plain(value) for key, value in kwargs.items()}
        return _wrapped(function(*args, **kwargs), self.activity)

    # CuPy's have no scalars: what has no axes is an array still.

    def __getitem__(self, key: Any) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        if self.dtype.names is None and not any(part is Ellipsis for part in keys):
            keys = (*keys, Ellipsis)
        return super().__getitem__(keys if len(keys) > 1 else keys[0])

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __setitem__(self, key: Any, value: Any) -> None:
        _refuse_host((value,))
        # Not super(): it would come back here by way of views.
        target = _plain(self)
        self.activity.do(lambda: target.__setitem__(_plain(key), _plain(value)))

    def fill(self, value: Any) -> None:
        self[...] = value

    def copy(self, order: Any = "C") -> "DeviceArray":
        self._forbid_allocation("copy")
        return super().copy(order)

    def astype(self, *args: Any, **options: Any) -> "DeviceArray":
        self._forbid_allocation("astype")
        return super().astype(*args, **options)

    def dot(self, other: Any, out: Any = None) -> Any:
        return np.dot(self, other, out)

    # What brings numbers to the host.

    def get(self) -> np.ndarray:
        """A copy on the host."""
        return self._on_host("get()").copy()

    def item(self, *place: Any) -> Any:
        return self._on_host("item()").item(*place)

    def tolist(self) -> Any:
        return self._on_host("tolist()").tolist()

    def __float__(self) -> float:
        return float(self._on_host("float()"))

    def __int__(self) -> int:
        return int(self._on_host("int()"))

    def __index__(self) -> int:
        return self._on_host("use as an index").__index__()

    def __bool__(self) -> bool:
        return bool(self._on_host("bool()"))

    def __complex__(self) -> complex:
        return complex(self._on_host("complex()"))

    def __format__(self, form: str) -> str:
        return format(self._on_host("format()"), form)

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    def __repr__(self) -> str:
        return f"DeviceArray({_plain(self)!r})"

    __str__ = __repr__

    def _on_host(self, what: str) -> np.ndarray:
        self.activity.synchronise(what)
        return _plain(self)

    def _forbid_allocation(self, what: str) -> None:
        self.activity.forbid_in_capture(f"{what} makes a new array, which")


def owner_of(array: np.ndarray) -> np.ndarray:
    """The array whose memory this is a view of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _plain(value: Any) -> Any:
    """The same as NumPy's own, for NumPy to compute with."""
    if isinstance(value, DeviceArray):
        return value.view(np.ndarray)
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return value


def _wrapped(result: Any, activity: Activity) -> Any:
    if isinstance(result, tuple | list):
        return type(result)(_wrapped(part, activity) for part in result)
    if isinstance(result, np.ndarray | np.generic):
        array = np.asarray(result).view(DeviceArray)
        array.activity = activity
        return array
    return result


def _refuse_host(values: Any) -> None:
    walk: Callable[[Any], None] = _refuse_host
    for value in values:
        if isinstance(value, list | tuple):
            walk(value)
        elif isinstance(value, np.ndarray) and not isinstance(value, DeviceArray):
            raise TypeError(
                f"Unsupported type {type(value)}: an array of the host among those of a device"
            )
