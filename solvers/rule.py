"""Update rules: how a weight moves, given its gradient. One class per solver type."""

from difflib import get_close_matches
from importlib import import_module
from typing import Any

from ..core import Array
from ..proto import ConfigError

_RULES: dict[str, type["UpdateRule"]] = {}


class UpdateRule:
    """Moves weights by their gradients; keeps nothing but hyperparameters.

    update(w, g, history, rate, scratch) changes w in place and leaves g alone. history is a list
    of `history_count` arrays shaped like w that start at zero, belong to w, and are saved in the
    solver state; scratch a list of `scratch_count` such arrays whose contents mean nothing.
    """

    type: str = ""  # its name in prototxt; set by @register_rule
    history_count = 1
    scratch_count = 1

    def __init__(self, param: Any):
        self.param = param
        self.check()

    def check(self) -> None:
        """Raise ConfigError on hyperparameters this rule cannot use."""

    def begin(self, iteration: int) -> None:
        """Called before the updates of an iteration; the first is 0."""

    @property
    def numbers(self) -> tuple[float, ...]:
        """The numbers in the formula, as they are in this iteration."""
        raise NotImplementedError

    def update(
        self, w: Array, g: Array, history: list[Array], rate: float, scratch: list[Array]
    ) -> None:
        """Move w one step."""
        raise NotImplementedError

    def error(self, problem: str) -> ConfigError:
        """The exception to raise when the solver's configuration is wrong."""
        return ConfigError(f"solver ({self.type}): {problem}")

    def refuse_momentum(self) -> None:
        """For rules that have no use for momentum: Caffe insists on 0 as well."""
        if self.param.momentum:
            raise self.error(
                f"momentum is {self.param.momentum:g}, but {self.type} has none; remove the field"
            )

    def require_fraction(self, field: str) -> None:
        """Raise ConfigError unless a field is in [0, 1)."""
        value = getattr(self.param, field)
        if not 0 <= value < 1:
            raise self.error(f"{field} must be in [0, 1), got {value:g}")


def register_rule(name: str):
    """Class decorator: `type: "<name>"` in a solver prototxt selects the decorated rule."""

    def add(cls: type[UpdateRule]) -> type[UpdateRule]:
        _RULES[name] = cls
        cls.type = name
        return cls

    return add


def create_rule(param: Any) -> UpdateRule:
    """Build the rule a SolverParameter asks for."""
    for module in ("adadelta", "adagrad", "adam", "nesterov", "rmsprop", "sgd"):
        import_module(f".{module}", __package__)
    if param.type not in _RULES:
        by_lower = {name.lower(): name for name in _RULES}
        close = get_close_matches(param.type.lower(), by_lower, n=1)
        nearest = f"did you mean {by_lower[close[0]]!r}? " if close else ""
        known = ", ".join(sorted(_RULES))
        raise ConfigError(f"solver: unknown type {param.type!r}; {nearest}known types: {known}")
    return _RULES[param.type](param)
