"""Twin: the base of the layers that stand in for well-known Python layers."""

import re
from ast import literal_eval
from contextlib import suppress
from typing import Any, ClassVar

import numpy as np

from ...core import Blobs
from ...proto import ConfigError
from ..families.python_layer import PythonLayer

_ENTRY = re.compile(r"""^\s*(['"]?)(\w+)\1\s*:\s*(.+?)\s*,?\s*$""")


class Twin(PythonLayer):
    """A Python layer with options in its param_str, random numbers of its own, and no gradient.

    param_str holds lines or a dictionary of `name: value`. What it leaves out is in defaults.
    """

    defaults: ClassVar[dict[str, Any]] = {}
    texts: tuple[str, ...] = ()  # the options that are text; the others are numbers or lists

    seed = 0  # set by whoever makes the layer
    passes = 0  # how many batches have drawn random numbers

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        self.options = {**self.defaults, **self._given()}
        for name, value in self.options.items():
            if value is None:
                raise ConfigError(f"python_param.param_str: {name} is required")

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        """Leave the tops alone: forward knows their shapes."""

    def backward(self, top: Blobs, propagate_down: list[bool], bottom: Blobs) -> None:
        for blob, wanted in zip(bottom, propagate_down, strict=True):
            if wanted:
                blob.diff[...] = 0

    def state(self) -> dict[str, Any]:
        """What a resumed run must know."""
        return {"seed": self.seed, "passes": self.passes}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what state() gave."""
        self.seed, self.passes = state["seed"], state["passes"]

    def draw(self) -> np.random.Generator:
        """Random numbers for the next batch: a function of the seed and how many came before."""
        self.passes += 1
        return np.random.default_rng((self.seed, self.passes))

    def _given(self) -> dict[str, Any]:
        text = self.param_str.strip().removeprefix("{").removesuffix("}")
        given = {}
        # A comma ends an entry only if another name follows: values may be lists.
        for line in filter(str.strip, re.split(r"\n|,(?=\s*['\"]?\w+['\"]?\s*:)", text)):
            entry = _ENTRY.match(line)
            name = entry[2].lower() if entry else ""
            if not entry or name not in self.defaults:
                raise ConfigError(
                    f"python_param.param_str: {line.strip()!r} is not `name: value` with one of "
                    f"the names {', '.join(self.defaults)}"
                )
            if name in self.texts:
                given[name] = entry[3].strip("'\"")
            else:
                given[name] = _value(entry[3], self.defaults[name], name)
        return given


def _value(text: str, default: Any, name: str) -> Any:
    value: Any = None
    text = text.removeprefix("!!python/tuple").strip()  # as YAML marks what Python wrote
    with suppress(ValueError, SyntaxError):
        value = literal_eval(text.capitalize() if text in ("true", "false") else text)
    if np.ndim(default) and np.ndim(value) == 1:
        return tuple(value)
    if np.ndim(default) or not isinstance(value, int | float):
        kind = "a list of numbers" if np.ndim(default) else "a number"
        raise ConfigError(f"python_param.param_str: {name} must be {kind}, found {text}")
    return value


def check_shape(blobs: Blobs, index: int, wanted: tuple[int | None, ...], what: str) -> None:
    """Raise ConfigError unless a bottom has these sizes, None standing for any; 1s may follow."""
    shape = blobs[index].shape
    fits = len(shape) >= len(wanted) and all(n == 1 for n in shape[len(wanted) :])
    if not fits or any(w not in (None, n) for w, n in zip(wanted, shape, strict=False)):
        raise ConfigError(f"bottom[{index}] must be {what}, got shape {shape}")
